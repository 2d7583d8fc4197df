"""Building blocks of the odd sites: one host each, whose home links to all of its pages."""

from collections.abc import Sequence

from backlink_crawler.records import Outcome
from tests.web import hrefs
from tests.web.plan import Host, PagePlan, PlannedLink, Robots, Scheme, Site

WITNESS = "witness.test"
"""The site whose pages the odd links mean, one page a case: what is found there tells which case was understood."""


def witness(case: str) -> str:
    """Return the target URL of a case, a relative normalised URL."""
    return f"https://{WITNESS}/{case}"


def link_to(case: str, anchor: str | None = None, rel: str = "") -> PlannedLink:
    """Return a plain link to the witness of a case."""
    return PlannedLink(witness(case), witness(case), case if anchor is None else anchor, rel)


def one_host_site(
    name: str,
    pages: Sequence[PagePlan],
    *,
    scheme: Scheme = "https",
    robots: Robots | None = None,
    outcomes: tuple[Outcome, ...] = ("ok",),
    missing: tuple[Outcome, ...] = ("http_error",),
    refuses: bool = False,
) -> Site:
    """Return a site of one host; ``outcomes`` are those of its home page."""
    home = f"{scheme}://{name}/"
    links = [PlannedLink(page.url, hrefs.root_relative(page.url), page.title) for page in pages]
    if name != WITNESS:
        links.append(link_to(f"home-of-{name}"))
    plan = PagePlan(home, f"Home of {name}", tuple(links), outcomes)
    host = Host(name, (plan, *pages), scheme, robots or Robots(), refuses, missing)
    return Site(name, (host,))
