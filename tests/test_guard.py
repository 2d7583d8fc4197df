"""Only addresses of the public internet are connected to."""

import pytest

from backlink_crawler.net.guard import is_public

ADDRESSES = [
    ("93.184.215.14", True, "a public host"),
    ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True, "a public host over IPv6"),
    ("127.0.0.1", False, "this machine"),
    ("127.8.9.10", False, "all of 127/8 is this machine"),
    ("0.0.0.0", False, "this machine, too, on Linux"),
    ("::", False, "unspecified"),
    ("::1", False, "this machine"),
    ("10.1.2.3", False, "private (RFC 1918)"),
    ("172.16.0.1", False, "private (RFC 1918)"),
    ("192.168.1.1", False, "private (RFC 1918)"),
    ("100.64.0.1", False, "shared address space of providers (RFC 6598)"),
    ("169.254.169.254", False, "the metadata service of clouds"),
    ("fd00:ec2::254", False, "the metadata service of a cloud over IPv6"),
    ("fe80::1%eth0", False, "link-local, with a zone"),
    ("fc00::1", False, "unique local"),
    ("::ffff:127.0.0.1", False, "IPv4-mapped loopback"),
    ("::ffff:93.184.215.14", True, "IPv4-mapped public"),
    ("2002:7f00:1::", False, "6to4 with loopback inside"),
    ("64:ff9b::7f00:1", False, "NAT64 with loopback inside"),
    ("64:ff9b::5db8:d70e", True, "NAT64 with a public address inside"),
    ("224.0.0.1", False, "multicast"),
    ("ff0e::1", False, "global multicast is still no host"),
    ("255.255.255.255", False, "broadcast"),
    ("198.51.100.1", False, "documentation"),
    ("100.100.100.200", False, "the metadata service of a cloud in shared address space"),
    ("192.0.0.192", False, "the metadata service of a cloud among protocol assignments"),
    ("168.63.129.16", False, "services of a cloud's host on an address that looks public"),
    ("192.88.99.1", False, "relays of 6to4"),
    ("240.0.0.1", False, "reserved"),
    ("198.18.0.1", False, "benchmarks"),
    ("fec0::1", False, "site-local: deprecated, and still in use"),
    ("::127.0.0.1", False, "IPv4-compatible: deprecated"),
    ("64:ff9b:1::7f00:1", False, "a network's own NAT64"),
    ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False, "Teredo"),
    ("2002:5db8:d70e::1", True, "6to4 with a public address inside"),
    ("2001:db8::1", False, "documentation"),
    ("3fff::1", False, "documentation, too"),
    ("5f00::1", False, "segment routing"),
    ("4000::1", False, "not allocated"),
]


@pytest.mark.parametrize(("address", "public", "reason"), ADDRESSES)
def test_is_public(address: str, public: bool, reason: str) -> None:
    """An address is public or refused."""
    assert is_public(address) is public, reason
