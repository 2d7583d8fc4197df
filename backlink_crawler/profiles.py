"""Named sets of settings for kinds of crawls: ``-s CRAWL_PROFILE=broad``, or Scrapyd's ``setting=CRAWL_PROFILE=broad``.

An add-on and no settings module to choose from: what a Scrapyd job runs with is fixed in its egg, and whoever runs
``scrapy crawl`` keeps ``local`` or ``production`` as it is.
"""

from scrapy.settings import BaseSettings


class ProfileError(ValueError):
    """There is no such profile; the message is one line."""


class Profile:
    """Lays a module of settings over those of the project: below a spider's own settings, ``-s`` and the environment.

    ``CRAWL_PROFILES`` names the modules; ``ENVIRONMENT`` holds what a settings module took from there.
    """

    def update_settings(self, settings: BaseSettings) -> None:
        """Called by Scrapy for each crawler.

        :raises ProfileError: ``CRAWL_PROFILE`` names none.
        """
        name = settings.get("CRAWL_PROFILE")
        if not name:
            return
        modules = settings.getdict("CRAWL_PROFILES")
        if name not in modules:
            raise ProfileError(f"CRAWL_PROFILE={name}: there is no such profile; there are: {', '.join(modules)}")
        settings.setmodule(modules[name], priority="project")
        settings.update(settings.getdict("ENVIRONMENT"), priority="project")
