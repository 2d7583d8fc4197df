"""All odd sites together, with the witness site that their links mean."""

from collections.abc import Sequence

from tests.web import odd_links, odd_servers
from tests.web.building import WITNESS, one_host_site
from tests.web.plan import PagePlan, Site

OUTSIDE = {"192.0.2.7": "192.0.2.7", "[2001:db8::1]": "[2001:db8::1]", "no-such-name.invalid": "no-such-name.invalid"}
"""Linked hosts that belong to no site of the web, with their registrable domains; none of them resolves."""


def odd_sites(huge: int) -> list[Site]:
    """Return every odd site; ``huge``: bytes of a page that is too large."""
    sites = [
        odd_links.spellings(),
        odd_links.rel_values(),
        odd_links.elements(),
        odd_links.head_links(),
        odd_servers.redirects(),
        odd_servers.errors(),
        *odd_servers.robots_sites(),
        odd_servers.charsets(),
        odd_servers.heavy(huge),
        odd_servers.plain_http(),
        odd_servers.closed(),
    ]
    return [*sites, _witness_site(sites)]


def _witness_site(sites: Sequence[Site]) -> Site:
    """Plan a page for every address that the odd sites mean on the witness."""
    meant: dict[str, None] = {}
    for page in (page for site in sites for host in site.hosts for page in host.pages):
        meant.update(dict.fromkeys(link.target for link in page.links if link.target))
        meant.update(dict.fromkeys([page.moved_to] if page.moved_to else []))
    root = f"https://{WITNESS}/"
    cases = (url for url in meant if url.startswith(root))
    return one_host_site(WITNESS, [PagePlan(url, f"Case {url.removeprefix(root)}") for url in cases])
