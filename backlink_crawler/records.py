"""The records of the index: plain values in slotted dataclasses.

Field names are the same in Python, in MongoDB and in exports. Times are aware UTC datetimes. Ids are 16 bytes
(``urls.url_id``, ``urls.link_id``). A field that is ``None`` was not observed; it is never a synonym of ``False`` or 0.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Outcome = Literal[
    "ok",
    "not_html",
    "redirect",
    "http_error",
    "network_error",
    "blocked_by_robots",
    "challenge",
    "too_large",
    "unsafe_address",
    "certificate_error",
]
"""What came of asking for a page."""

UNSEEN_OUTCOMES: frozenset[Outcome] = frozenset(
    {"network_error", "certificate_error", "blocked_by_robots", "challenge", "unsafe_address"}
)
"""Outcomes of a page that could not be looked at: they say nothing about its links."""

Wall = Literal["challenge", "login", "consent", "script_only"]
"""Why a page that was answered may not show what it shows to its readers: links that are missing on it are not known
to be gone."""

Region = Literal["content", "nav", "header", "footer", "aside", "comment"]
LinkType = Literal["text", "image", "frame", "form", "canonical", "alternate", "redirect"]
Scope = Literal["external", "subdomain", "internal"]
AnchorSource = Literal["text", "alt", "title", "aria", "none"]

MAX_URL = 2_083
MAX_ANCHOR = 512
MAX_XPATH = 512
MAX_REL = 32
"""Tokens."""
MAX_REL_TOKEN = 64
MAX_CONTEXT = 100
MAX_LINKS = 10_000


@dataclass(slots=True)
class RawLink:
    """One linking element as it stands in a page, before anything is known of its target."""

    href: str
    """The attribute as written, bounded by nothing."""
    url: str | None
    """The identity of the target (``urls.normalise``); ``None`` where it is no web address."""
    anchor: str
    anchor_source: AnchorSource
    rel: tuple[str, ...]
    link_type: LinkType
    region: Region
    xpath: str
    ordinal: int
    """0 for the first linking element of the page."""
    hidden: str | None = None
    """Why a reader does not see it, its own or of an element around it: ``attribute``, ``display``, ``visibility``,
    ``opacity``, ``size``, ``off_screen``, ``text_indent``, ``colour``, ``aria`` or ``noscript``."""
    content_score: float | None = None
    """0 (boilerplate) to 1 (main content); 0 only where nothing was judged: the page declares the region, or the link
    stands nowhere on it. ``None`` of a redirect."""
    placement_type: str | None = None
    placement_reason: str | None = None
    offset: float | None = None
    """Where in the text of the page it stands: 0 at its beginning, 1 at its end."""
    dom_depth: int | None = None
    """Elements around it, the root included."""
    block_tag: str | None = None
    """The nearest element around it that makes a block."""
    # Of its line, the run of text between two block boundaries that it stands in.
    block_words: int | None = None
    block_link_density: float | None = None
    """Share of the line's characters that are anchors, 0 to 1."""
    in_list: bool | None = None
    heading: str | None = None
    """The nearest heading above it, or the one it stands in."""
    text_before: str = ""
    text_after: str = ""


@dataclass(slots=True)
class Child:
    """A URL that a page makes known to the frontier."""

    url: str
    """An identity (``urls.normalise``)."""
    depth: int
    """Steps from the seed; the seed has 0."""
    band: int = 1
    """Priority band: 0 is asked first, 3 last."""
    site_budget: int = 0
    """Pages that may be admitted for its site, this one included; 0 = the crawl's own budget."""
    redirects: int = 0
    """Redirects in a row that led to it."""


@dataclass(slots=True)
class Page:
    """What is known of one page, from the last time it was asked for."""

    url: str
    host: str
    site: str
    outcome: Outcome
    ip: str | None = None
    subnet: str | None = None
    """/24 of an IPv4 address, /48 of an IPv6 one."""
    http_status: int | None = None
    reason: str | None = None
    """Of a network error or refusal: what went wrong, in one word."""
    redirect_to: str | None = None
    content_type: str | None = None
    charset: str | None = None
    bytes: int | None = None
    """Length of the body after decompression; ``None`` where it was not fetched."""
    title: str | None = None
    language: str | None = None
    author: str | None = None
    published_at: datetime | None = None
    """When the page says it was first published."""
    platform: str | None = None
    page_type: str | None = None
    word_count: int | None = None
    canonical_url: str | None = None
    indexable: bool | None = None
    indexable_cause: str | None = None
    nofollow: bool = False
    nofollow_cause: str | None = None
    """``meta`` or ``header``, when the whole page says nofollow."""
    needs_rendering: bool | None = None
    """Without running its scripts the page shows (almost) nothing."""
    wall: Wall | None = None
    """What stands between a visitor and the page's content."""
    soft_404: bool | None = None
    """Answers 200 and says that there is no such page."""
    region_rules: str | None = None
    """Which rules and which trained model told the regions of its links: another value may tell other regions."""
    links_internal: int = 0
    links_external: int = 0
    sites_linked: int = 0
    truncated: bool = False
    """The page links to more than ``MAX_LINKS`` targets; the rest was not recorded."""
    depth: int = 0
    crawl_id: str = ""
    etag: str | None = None
    last_modified: str | None = None


@dataclass(slots=True)
class Link:
    """One target a page links to: the features are those of its most prominent occurrence."""

    source_url: str
    source_host: str
    source_site: str
    href: str
    target_url: str
    target_host: str
    target_site: str
    scope: Scope
    link_type: LinkType
    anchor: str
    anchor_source: AnchorSource
    rel: tuple[str, ...]
    nofollow: bool
    ugc: bool
    sponsored: bool
    follow: bool
    """The verdict: neither the link (nofollow, ugc, sponsored) nor its page says nofollow."""
    nofollow_cause: str | None
    """``rel``, ``meta`` or ``header``."""
    region: Region
    """As a visit sees it; in the index as settled over visits (``history.regions``)."""
    content_score: float | None
    xpath: str
    ordinal: int
    hidden: str | None
    occurrences: int
    wrapped_url: str | None = None
    """The address of the redirector (``/out?u=…``) that the page really links to, where one was unwrapped."""
    placement_type: str | None = None
    placement_reason: str | None = None
    offset: float | None = None
    dom_depth: int | None = None
    block_tag: str | None = None
    block_words: int | None = None
    block_link_density: float | None = None
    in_list: bool | None = None
    heading: str | None = None
    text_before: str = ""
    text_after: str = ""
    weight: float | None = None
    """Share of the page's vote; all links of a page make 1."""


EventKind = Literal["found_on_known_page", "changed", "lost", "moved", "retargeted", "restored"]
LostReason = Literal[
    "removed_from_html",
    "retargeted",
    "moved",
    "page_redirected",
    "page_gone",
    "page_noindex",
    "page_not_canonical",
    "page_not_html",
    "unreachable",
]


@dataclass(slots=True)
class LinkEvent:
    """One thing that happened to one link, as it was observed. Never changed, never deleted.

    ``lost``, ``retargeted``, ``moved`` and ``restored`` change the link's ``status``. A ``moved`` may also follow a
    ``lost`` of the same ``revision`` when the link turns up elsewhere later: it explains that loss and takes its place.
    """

    link_id: bytes
    source_url: str
    source_site: str
    target_url: str
    target_site: str
    revision: int
    """Of the source page: the commit that this event is part of."""
    visit: str
    """Crawl and token of the visit that showed it."""
    at: datetime
    """When that visit was made."""
    event: EventKind
    field: str
    """``status``, or of ``changed`` the link's field, of ``retargeted`` ``target_url``, of ``moved`` ``source_url``."""
    old: Any
    new: Any
    reason: str | None
    """Of a loss: one of ``LostReason``; of ``restored``: the reason of the loss that it ends."""
    follow: bool
    """Of the link, after the event."""
    region: Region
    """Of the link, after the event."""
    evidence: Any = None
    """Of ``unreachable``: the visits that failed; of ``restored``: when it had been lost."""


@dataclass(slots=True)
class Visit:
    """One fetch of one page with its outcome: the item that flows through the pipelines."""

    page: Page
    at: datetime
    raw_links: list[RawLink] = field(default_factory=list)
    """Every linking element in document order; emptied once ``links`` is built."""
    children: list[Child] = field(default_factory=list)
    """What the frontier is told when the visit is stored."""
    links: list[Link] = field(default_factory=list)
    """One record per target, external ones (all, when ``STORE_INTERNAL_LINKS``)."""
    rivals: dict[str, list[Link]] = field(default_factory=dict)
    """Of targets that stand in several places: records of those that are about as prominent as the one in ``links``,
    the more prominent first, a few at most."""
    token: int = 0
    """Of the lease: among visits of one crawl to one page, a later one has a higher token. 0: made without a lease."""
    not_modified: bool = False
    """The server says (304) that the page is as it was at the last visit; nothing else is known of it."""
    read_whole: bool = False
    """Not enough was shown this time: the page is to be asked for again, without conditions."""
    lease: object = None
    """The frontier's hold on the URL; means nothing to anyone else."""
    retry_after: float | None = None
    """Seconds that the server asked to wait (``Retry-After``)."""
