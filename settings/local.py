"""A person's own machine: what is not configured is started here, on loopback, with data in the project folder."""

import os

from settings.base import *  # noqa: F403
from settings.base import ADDONS as BASE_ADDONS
from settings.base import FROM_ENVIRONMENT

SERVICES_EMBEDDED = True
ADDONS = {**BASE_ADDONS, "backlink_crawler.services.LocalServices": 100}

ENVIRONMENT = {name: os.environ[name] for name in FROM_ENVIRONMENT if os.environ.get(name)}
globals().update(ENVIRONMENT)
