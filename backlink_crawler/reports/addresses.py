"""URLs put into rows that have their ids. Pure."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from backlink_crawler.reports.view import View


def ids_named(view: View, rows: pa.Table) -> Sequence[bytes]:
    """Return the ids whose URLs ``rows`` lack, each once, in their order."""
    wanted = [(name, key) for name, key in view.addresses.items() if name in rows.column_names]
    found = {one for name, key in wanted for one in pc.filter(rows[key], pc.is_null(rows[name])).to_pylist() if one}
    return sorted(map(bytes.fromhex, found))


def with_addresses(view: View, rows: pa.Table, urls: Mapping[bytes, str], names: Sequence[str]) -> pa.Table:
    """Return the columns ``names`` of ``rows``, URLs in the place of what is null."""
    by_text = {key.hex(): url for key, url in urls.items()}
    for name, key in view.addresses.items():
        if name in names:
            found = pa.array([by_text.get(one) for one in rows[key].to_pylist()], pa.string())
            filled = pc.coalesce(rows[name].cast(pa.string()), found)
            rows = rows.set_column(rows.column_names.index(name), name, filled)
    return rows.select(list(names))
