"""Scrapyd, containers, servers: every service is configured, and a missing or mistyped address is an error."""

import os

from settings.base import *  # noqa: F403
from settings.base import FROM_ENVIRONMENT

SERVICES_EMBEDDED = False

ENVIRONMENT = {name: os.environ[name] for name in FROM_ENVIRONMENT if os.environ.get(name)}
globals().update(ENVIRONMENT)
