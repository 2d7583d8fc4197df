"""Tests: every service given by the test itself, no pauses, loopback allowed, nothing from the environment."""

from settings.base import *  # noqa: F403

SERVICES_EMBEDDED = False
ALLOW_PRIVATE_ADDRESSES = True
CONTACT = "https://example.test/crawler"
FRONTIER_HOST_DELAY = 0.0
FRONTIER_RETRY_DELAY = 0.01
DOWNLOAD_TIMEOUT = 2
# Served names have certificates made on the spot.
DOWNLOAD_VERIFY_CERTIFICATES = False
PROGRESS_SECONDS = 2.0
