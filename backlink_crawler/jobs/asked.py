"""From what people wrote to a question: sites, competitors, and the time that is meant."""

import argparse
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from backlink_crawler.history.series import end_of, start_of
from backlink_crawler.project import Project, read
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.site import place_named, site_named


class WrongQuestion(ValueError):
    """What was written makes no question; the message is one line that says what would."""


def project_of(opts: argparse.Namespace) -> Project:
    """Return the project file that was named, or that of this folder; empty where there is none.

    :raises ProjectError: it cannot be read, or says what cannot be.
    """
    return read(Path(opts.project) if opts.project else None, Path())


def sites_of(named: str | None, project: Project) -> tuple[str, ...]:
    """Return the sites that are asked about: the one that is named, else all of the project's.

    :raises WrongQuestion: none is named, and there are none.
    :raises NotASite: what is named is none.
    """
    if named:
        return (site_named(named),)
    if not project.sites:
        raise WrongQuestion("whose links? Name a site, or write sites = [...] into project.toml")
    return project.sites


def question_of(opts: argparse.Namespace, project: Project, now: datetime) -> Question:
    """Return what is asked: options ``site``, ``scope``, ``versus``, ``min``, ``since``, ``until`` and ``at``, and the
    project.

    Terms of the project are those of its own sites; they say nothing of others.

    :raises WrongQuestion: they ask for nothing, or for a day that has not come.
    :raises NotASite: a competitor is none.
    """
    sites = sites_of(opts.site, project)
    if opts.scope != "site" and not opts.site:
        raise WrongQuestion(f"--scope {opts.scope}: of which {opts.scope}? Name it")
    versus = competitors(opts.versus, sites) or tuple(name for name in project.competitors if name not in sites)
    least = opts.min or project.least or 1
    if opts.versus and least > len(versus):
        raise WrongQuestion(f"--min {least} asks for more competitors than the {len(versus)} of --versus")
    since, until = period(opts.since, opts.until, now.astimezone(UTC).date())
    ours = bool({*sites} & {*project.sites})
    return Question(
        sites,
        now,
        scope=opts.scope,
        place="" if opts.scope == "site" else place_named(opts.site, opts.scope),
        versus=versus,
        least=min(least, len(versus) or least),
        since=since,
        until=until,
        at=end_of(opts.at) if opts.at else None,
        brands=project.brands if ours else (),
        commercial=project.commercial if ours else (),
    )


def competitors(named: Iterable[str], sites: Sequence[str]) -> tuple[str, ...]:
    """Return the sites that are named, each once.

    :raises WrongQuestion: one of them is among those asked about.
    :raises NotASite: one of them is none.
    """
    versus = tuple(dict.fromkeys(map(site_named, named)))
    if both := {*sites} & {*versus}:
        raise WrongQuestion(f"--versus names {min(both)} itself: name its competitors")
    return versus


def period(since: date | None, until: date | None, today: date) -> tuple[datetime | None, datetime | None]:
    """Return the first moment of ``since``, and the first one after ``until``, both UTC days that are meant whole.

    :raises WrongQuestion: a day has not come yet, or the last one is before the first.
    """
    for name, day in (("since", since), ("until", until)):
        if day and day > today:
            raise WrongQuestion(f"--{name} {day} has not come yet; today is {today} (UTC)")
    if since and since > (until or today):
        raise WrongQuestion(f"--since {since} is after --until {until}")
    return start_of(since) if since else None, start_of(until + timedelta(days=1)) if until else None
