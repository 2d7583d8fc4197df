"""Which addresses a crawler may connect to: those of the public internet, and no others.

An open crawler follows links that strangers wrote. Without this guard, a link or a DNS answer that says ``127.0.0.1``
or ``169.254.169.254`` (the metadata service of clouds) is a way into its owner's network.
"""

import errno
import ipaddress

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All that is allocated as global unicast; the rest of IPv6 is special, deprecated or nobody's."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NOT_HOSTS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments; some clouds' metadata
        "192.88.99.0/24",  # 6to4 relays, deprecated (RFC 7526)
        "168.63.129.16/32",  # the host's services inside Azure, on an address that looks public
        "2001::/23",  # protocol assignments, Teredo among them
        "3fff::/20",  # documentation (RFC 9637)
    )
)
"""Not left to :mod:`ipaddress`, whose tables depend on the version of Python."""


class UnsafeAddress(OSError):
    """A connection that was not made, because it would not have left for the public internet."""

    MARK = "not an address of the public internet"
    """Part of every message: connection errors of several addresses are joined into one text."""

    def __init__(self, address: str) -> None:
        super().__init__(errno.EACCES, f"{address} is {self.MARK}")


def is_public(address: str) -> bool:
    """Whether ``address`` (an IPv4 or IPv6 address as text, no brackets) is globally routable unicast.

    IPv6 forms that carry an IPv4 address (mapped, 6to4, NAT64) are judged by the address inside as well.
    Source: the IANA special-purpose address registries, as :mod:`ipaddress` knows them, and the list above.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv4Address):
        return _is_host(ip)
    carried = ip.ipv4_mapped or (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
    if carried is not None:
        return _is_host(carried)
    return ip in _UNICAST and _is_host(ip) and (ip.sixtofour is None or _is_host(ip.sixtofour))


def _is_host(ip: _Address) -> bool:
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NOT_HOSTS)
