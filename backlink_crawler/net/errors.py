"""Why a page gave no response. Each error of the wire carries the outcome and the reason that its record shows."""

from scrapy.exceptions import DownloadFailedError, IgnoreRequest

from backlink_crawler.records import Outcome


class WireError(DownloadFailedError):
    """No usable answer came; ``reason`` says why in one word (docs/records.md lists them)."""

    outcome: Outcome = "network_error"
    reason: str = "broken_connection"

    def __init__(self, message: str = "", reason: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason or type(self).reason


class UnsafeAddressError(WireError):
    """The host's address is not one of the public internet; see ``ALLOW_PRIVATE_ADDRESSES``."""

    outcome: Outcome = "unsafe_address"
    reason = "not_public"


class TooLargeError(WireError):
    """The body is larger than ``DOWNLOAD_MAXSIZE``: as sent (``body``) or unpacked (``decompressed``)."""

    outcome: Outcome = "too_large"
    reason = "body"


class CertificateError(WireError):
    """The certificate proves nothing: ``expired``, ``not_yet_valid``, ``self_signed``, ``untrusted``, ``wrong_name``
    or, of other faults, ``certificate``."""

    outcome: Outcome = "certificate_error"
    reason = "certificate"


class TLSError(WireError):
    """No common ground for an encrypted connection, whatever the certificate."""

    reason = "tls"


class MalformedError(WireError):
    """What came is not HTTP, or its head passes the bounds."""

    reason = "malformed"


class TruncatedError(WireError):
    """The body broke off. What came may look like a page, but links missing in it are not known to be gone."""

    reason = "truncated"


class EncodingError(WireError):
    """The body is not what its Content-Encoding says, or in a coding that cannot be undone."""

    reason = "bad_encoding"


class ProxyError(WireError):
    """A request asks for a proxy: behind one, the address guard would not see what is dialled."""

    reason = "proxy"


class BlockedByRobots(IgnoreRequest):
    """The site's robots.txt does not want this URL asked for by us."""


class RobotsUnreachable(IgnoreRequest):
    """robots.txt cannot be had, so nothing of its origin may be asked for now (RFC 9309 §2.3.1.4)."""

    def __init__(self, message: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds of patience that the server asked for."""
