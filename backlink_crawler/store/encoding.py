"""Records as BSON (https://bsonspec.org), what many have in common encoded once.

A page's links make most of what is written. Encoded one by one, each by a call of its own and with the page's fields in
every one of them, they would cost a worker almost twice as much.
"""

from collections.abc import Iterator, Sequence
from struct import Struct

from bson import encode
from bson.errors import InvalidDocument
from bson.raw_bson import RawBSONDocument

from backlink_crawler.history.found import Document, Found, own_part
from backlink_crawler.store.documents import MAX_RECORD

_INT32 = Struct("<i")
_ID_BYTES = 16
_ID = b"\x05%s\x00" + _INT32.pack(_ID_BYTES) + b"\x00"
"""What stands before the 16 bytes of an id: the type, the name, the length, the subtype."""
_LINK_ID, _TARGET_ID = _ID % b"_id", _ID % b"target_id"


def encoded(document: Document) -> RawBSONDocument:
    """Return ``document`` as BSON.

    :raises bson.errors.BSONError, UnicodeEncodeError, OverflowError: MongoDB cannot hold it.
    """
    return RawBSONDocument(encode(document))


def encoded_records(found: Found) -> list[RawBSONDocument]:
    """Return ``found.documents()`` as BSON.

    :raises bson.errors.BSONError, UnicodeEncodeError, OverflowError: as ``encoded``, or one is longer than
        ``MAX_RECORD``.
    """
    ids = _elements({"source_id": found.source_id}) + _TARGET_ID
    page, end = _elements(found.page), _elements(found.life) + b"\x00"
    fixed = _INT32.size + len(_LINK_ID) + _ID_BYTES + len(ids) + _ID_BYTES + len(page) + len(end)
    own = _elements_of_each([own_part(link) for _, _, link in found.links])
    records = []
    for (link_id, target_id, _), elements in zip(found.links, own, strict=True):
        length = _INT32.pack(fixed + len(elements))
        raw = b"".join((length, _LINK_ID, link_id, ids, target_id, page, elements, end))
        records.append(bounded_record(RawBSONDocument(raw)))
    return records


def bounded_record(record: RawBSONDocument) -> RawBSONDocument:
    """Return ``record``.

    :raises bson.errors.InvalidDocument: it is longer than ``MAX_RECORD``.
    """
    if len(record.raw) > MAX_RECORD:
        raise InvalidDocument(f"a record of more than {MAX_RECORD} bytes")
    return record


def _elements(document: Document) -> bytes:
    """Return the fields alone, without the length before and the zero behind them."""
    return encode(document)[_INT32.size : -1]


def _elements_of_each(documents: Sequence[Document]) -> Iterator[bytes]:
    """Yield the fields of each document, encoded by one call: as an array, in which numbers are the names."""
    array = encode({"": documents})
    at = _INT32.size + len(b"\x04\x00") + _INT32.size
    for number in range(len(documents)):
        at += len(b"\x03%d\x00" % number)
        (length,) = _INT32.unpack_from(array, at)
        yield array[at + _INT32.size : at + length - 1]
        at += length
