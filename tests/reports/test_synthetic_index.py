"""The index that views are counted against is the true graph."""

from pymongo import MongoClient

from tests.reports.indexed_web import IndexedWeb


def test_the_index_is_the_true_graph(synthetic_index: IndexedWeb) -> None:
    """Every page with its outcome and every link as it stands, and no other: as a crawl over the wire finds them."""
    with MongoClient[dict[str, object]](synthetic_index.uri) as client:
        database = client[synthetic_index.database]
        outcomes = {str(page["url"]): str(page["outcome"]) for page in database["pages"].find()}
        links = {(str(link["source_url"]), str(link["target_url"])): link for link in database["links"].find()}
    assert synthetic_index.truth.differences(outcomes, links) == []
