"""The data dictionary: which columns a report or an export may ask for, of what kind, and what they mean.

Names are those of ``docs/records.md``; ``_id`` is ``link_id``, ``page_id`` or ``event_id``. The tables are flat: one
value or one list of texts a cell. Times are UTC.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import pyarrow as pa

Kind = Literal["id", "text", "texts", "count", "number", "flag", "time"]

_ARROW: Mapping[Kind, pa.DataType] = {
    "id": pa.binary(),
    "text": pa.string(),
    "texts": pa.list_(pa.string()),
    "count": pa.int64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    # Without a zone: all of them are UTC, and a zone would only be converted back and forth.
    "time": pa.timestamp("ms"),
}


class Column(NamedTuple):
    """One column of a table."""

    name: str
    kind: Kind
    meaning: str


def _columns(text: str) -> Sequence[Column]:
    """Read ``name kind meaning`` lines."""
    columns = []
    for line in text.strip().splitlines():
        name, kind, meaning = line.split(maxsplit=2)
        assert kind in _ARROW, line
        columns.append(Column(name, kind, meaning))  # type: ignore[arg-type]  # just checked
    return columns


LINKS = _columns("""
link_id          id      of source page and target URL
source_id        id      of the page the link stands on
source_url       text    the page the link stands on
source_host      text    its host
source_site      text    its registrable domain
href             text    the attribute as written
target_id        id      of the target URL
target_url       text    the URL it points to
target_host      text    its host
target_site      text    its registrable domain
wrapped_url      text    address of the redirector that the page really links to
scope            text    external, subdomain or internal
link_type        text    text, image, frame, form, canonical, alternate or redirect
anchor           text    what a reader clicks on
anchor_source    text    text, alt, title, aria or none
rel              texts   tokens of rel
nofollow         flag    rel has the token
ugc              flag    rel has the token
sponsored        flag    rel has the token
follow           flag    the verdict: neither the link nor its page says nofollow
nofollow_cause   text    rel, meta or header
region           text    content, nav, header, footer, aside or comment
content_score    number  0 (boilerplate) to 1 (main content)
placement_type   text    editorial, author_bio, resource_list, directory, forum, comment and so on
placement_reason text    by what that was told
xpath            text    where the element stands in the page
ordinal          count   nth linking element of the page, from 0
offset           number  0 (begin of the page's text) to 1 (its end)
dom_depth        count   elements around it
block_tag        text    nearest element around it that makes a block
block_words      count   words of its line
block_link_density number share of its line's characters that are anchors
in_list          flag    inside a list
heading          text    nearest heading above it
text_before      text    words before it
text_after       text    words after it
hidden           text    why a reader does not see it; empty: it is seen
occurrences      count   places on the page that link to the target
weight           number  share of the page's vote, 0 to 1
found            text    with_page, on_known_page or with_new_page
first_seen       time    first visit that found it
last_seen        time    last visit that saw it
status           text    live, unknown or lost
lost_at          time    when it was lost
lost_reason      text    why it counts as lost
""")

PAGES = _columns("""
page_id          id      of the URL
url              text    the page
host             text    its host
site             text    its registrable domain
ip               text    address it was read from
subnet           text    /24 of that address, /48 of an IPv6 one
outcome          text    what came of asking for it last
reason           text    of a failure: in one word
http_status      count   HTTP status
redirect_to      text    where it redirects
content_type     text    as sent
bytes            count   length after decompression
title            text    its title
language         text    as declared
author           text    as declared
published_at     time    when the page says it was first published
platform         text    software that made it
page_type        text    article, product, forum and so on
word_count       count   words a reader sees
needs_rendering  flag    shows next to nothing without scripts
wall             text    what stands before its content
soft_404         flag    answers 200 and says that there is no such page
canonical_url    text    address it names as its canonical one
indexable        flag    search engines may list it
indexable_cause  text    why not
nofollow         flag    the whole page says nofollow
nofollow_cause   text    meta or header
links_internal   count   targets on its own site
links_external   count   targets on others
sites_linked     count   other sites it links to
depth            count   steps from the start of the crawl
crawl_id         text    crawl of the last visit
first_seen       time    first time asked for
last_visited     time    last time asked for
last_read        time    last visit that could tell of its links
last_changed     time    last visit that changed them
visits           count   how often asked for
unknown_since    time    since when it could not be looked at
chain            texts   addresses a redirect leads through
chain_end        text    answered, silent, unvisited, loop or too_long
final_url        text    end of the chain
final_site       text    its registrable domain
final_status     count   its HTTP status
final_outcome    text    what came of asking for it
final_soft_404   flag    it says that there is no such page
""")

EVENTS = _columns("""
event_id         id      of link, revision and field
link_id          id      of the link
source_url       text    the page the link stands on
source_site      text    its registrable domain
target_url       text    where it points
target_site      text    its registrable domain
at               time    when the visit was made that showed it
recorded         time    when it was written
event            text    found_on_known_page, changed, lost, moved, retargeted or restored
field            text    what changed
old              text    its value before
new              text    its value after
reason           text    of a loss: why; of restored: of the loss that it ends
follow           flag    of the link, after the event
region           text    of the link, after the event
revision         count   commit of the source page
visit            text    crawl and token of the visit
evidence         texts   of unreachable: the visits that failed; of restored: when it had been lost
""")


MARKS = _columns("""
decision         text    what was decided: keep, remove, disavow or watch
tags             texts   people's words for it
note             text    people's note
vendor           text    from whom the link was got
cost             number  what it cost
expires          text    day until which it was agreed
outreach         text    how far talks are: to_contact, contacted, replied, agreed, refused or done
""")


RESOLVED = _columns("""
source_words     count   words of the source page that a reader sees
source_links_external count targets on other sites that the source page links to
matched          text    direct: the target itself is asked for; final: it redirects there
final_target_url text    where the target's redirects end, as far as known; the target itself where it has none
final_target_site text   registrable domain of that
target_http_status count HTTP status of the target, or of where its redirects end; empty: never asked for
target_checked   time    last visit of the target
target_soft_404  flag    the target says that there is no such page, with a status that says otherwise
anchor_type      text    branded, url, exact, partial, generic, image, empty, other; none: its kind has no anchor
tld              text    last label of the source site
tld_class        text    gov, edu, mil or other, by the source site's name
""")
"""What relations tell of links besides the above; ``source_…`` and ``target_…`` are columns of these pages."""


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """Return the Arrow schema of a table of these columns."""
    return pa.schema([pa.field(column.name, _ARROW[column.kind]) for column in columns])
