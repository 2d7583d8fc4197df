"""Documents by other rules: what each record is called when URLs and sites are told apart differently. Pure.

Nothing is merged here: one document in, one out. Where a part of a record has no identity any more, ``NoIdentity`` says
which, and the record as a whole is set aside by the caller.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from backlink_crawler.features import scope_of
from backlink_crawler.history.manifest import event_id
from backlink_crawler.urls import RULES_VERSION, host_of, link_id, normalise, site_of, suffixes_version, url_id

Document = dict[str, Any]

NO_VALIDATORS: Mapping[str, None] = {"etag": None, "last_modified": None}
"""Of a page whose address or links are not as they were when it was asked for: *not modified* would mean another."""


class NoIdentity(Exception):
    """A record that the rules have no name for; the message is the reason, for people."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the ids and sites of a database follow from."""

    normalise: Callable[[str], str | None]
    site_of: Callable[[str], str]
    versions: Mapping[str, int | str]
    """As ``meta`` has them."""
    internal_too: bool = False
    """Links within one site are stored (``STORE_INTERNAL_LINKS``)."""

    def url(self, url: str) -> str:
        """Return the identity of what was one.

        :raises NoIdentity: it has none by these rules.
        """
        found = self.normalise(url)
        if found is None:
            raise NoIdentity(f"no identity by the rules of URLs, version {self.versions['url_rules']}")
        return found

    def leads_to(self, url: str | None) -> str | None:
        """Return the identity of an address that is only told of; as it is where it has none."""
        return url if url is None else self.normalise(url) or url

    def site(self, url: str) -> str:
        """Return the site of an identity."""
        return self.site_of(host_of(url))


def current(*, internal_too: bool = False) -> Rules:
    """Return the rules of this program, with the suffix list that it follows now."""
    versions: dict[str, int | str] = {"url_rules": RULES_VERSION, "suffixes": suffixes_version()}
    return Rules(normalise, site_of, versions, internal_too)


def page_by(rules: Rules, page: Mapping[str, Any]) -> Document:
    """Return a page, or those of its fields that were read, by ``rules``.

    :raises NoIdentity: its URL has none.
    """
    url = rules.url(page["url"])
    host = host_of(url)
    told = {**page, "_id": url_id(url), "url": url, "host": host, "site": rules.site_of(host)}
    for name in ("redirect_to", "canonical_url", "final_url", "final_known"):
        if name in page:
            told[name] = rules.leads_to(page[name])
    if "final_site" in page and told.get("final_url"):
        told["final_site"] = rules.site(told["final_url"])
    if "chain" in page:
        hops = map(rules.leads_to, page["chain"])
        told["chain"] = list(dict.fromkeys(hop for hop in hops if hop != url)) or [url]
    if change := page.get("final_change"):
        told["final_change"] = {**change, "old": rules.leads_to(change["old"]), "new": rules.leads_to(change["new"])}
    if {"etag", "last_modified"} & page.keys() and (told["url"], told["site"]) != (page["url"], page.get("site")):
        told |= NO_VALIDATORS
    return told


def link_by(rules: Rules, link: Mapping[str, Any]) -> Document:
    """Return a link, or those of its fields that were read, by ``rules``.

    :raises NoIdentity: its source or its target has none; both are one page; both are on one site, whose links are not
        stored.
    """
    source, target = rules.url(link["source_url"]), rules.url(link["target_url"])
    if source == target:
        raise NoIdentity("leads to the page it stands on")
    source_host, target_host = host_of(source), host_of(target)
    source_site, target_site = rules.site_of(source_host), rules.site_of(target_host)
    scope = scope_of(source_host, source_site, target_host, target_site)
    if scope != "external" and link.get("scope", scope) == "external" and not rules.internal_too:
        raise NoIdentity(f"within one site ({target_site}) by the suffix list, version {rules.versions['suffixes']}")
    told = {
        **link,
        "_id": link_id(source, target),
        "source_id": url_id(source),
        "source_url": source,
        "source_host": source_host,
        "source_site": source_site,
        "target_id": url_id(target),
        "target_url": target,
        "target_host": target_host,
        "target_site": target_site,
        "scope": scope,
    }
    if link.get("wrapped_url"):
        told["wrapped_url"] = rules.leads_to(link["wrapped_url"])
    return told


_TOLD_OF = frozenset({"source_url", "target_url", "final_target_url"})
"""Fields of an event whose ``old`` and ``new`` are URLs."""


def event_by(rules: Rules, event: Mapping[str, Any], link: Mapping[str, Any]) -> Document:
    """Return an event of what is now ``link``, its number (``_id``, ``revision``) as it was."""
    told = {**event, "link_id": link["_id"]}
    told |= {name: link[name] for name in ("source_url", "source_site", "target_url", "target_site")}
    if event["field"] in _TOLD_OF:
        told |= {name: rules.leads_to(event[name]) for name in ("old", "new")}
    return told


def subject_of(event: Mapping[str, Any]) -> str:
    """Return what in an event's id tells it from others of the same link and revision."""
    return "moved" if event["event"] == "moved" else str(event["field"])


def numbered(event: Document, number: int) -> Document:
    """Return an event with the id and revision that ``number`` gives it; where its target leads is counted apart."""
    told = {**event, "_id": event_id(event["link_id"], number, subject_of(event))}
    return told if event["field"] == "final_target_url" else {**told, "revision": number}
