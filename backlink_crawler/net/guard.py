"""Which addresses a crawler may connect to: those of the public internet, and no others.

An open crawler follows links that strangers wrote. Without this guard, a link or a DNS answer that says ``127.0.0.1``
or ``169.254.169.254`` (the metadata service of clouds) is a way into its owner's network.
"""

import errno
import ipaddress

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class UnsafeAddress(OSError):
    """A connection that was not made, because it would not have left for the public internet."""

    MARK = "not an address of the public internet"
    """Part of every message: connection errors of several addresses are joined into one text."""

    def __init__(self, address: str) -> None:
        super().__init__(errno.EACCES, f"{address} is {self.MARK}")


def is_public(address: str) -> bool:
    """Whether ``address`` (an IPv4 or IPv6 address as text, no brackets) is globally routable unicast.

    IPv6 forms that carry an IPv4 address (mapped, 6to4, Teredo, NAT64) are judged by the address inside as well.
    Source: the IANA special-purpose address registries, as :mod:`ipaddress` knows them.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    return all(each.is_global and not each.is_multicast for each in _with_embedded(ip))


def _with_embedded(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    if isinstance(ip, ipaddress.IPv4Address):
        return [ip]
    if ip.ipv4_mapped is not None:
        return [ip.ipv4_mapped]
    embedded = [ip.sixtofour, *(ip.teredo or ())]
    if ip in _NAT64:
        embedded.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
    return [ip, *(inner for inner in embedded if inner is not None)]
