-- Referring hosts
-- columns: source_host, source_site, backlinks, follow, pages, first_seen, last_seen, example
-- sort: -backlinks, source_host
-- address example: example_id
-- dated: first_seen
-- column backlinks: live links
-- column follow: how many of them are followed
-- column pages: pages they stand on
-- column example_id: id of one of the pages
-- column example: one of the pages
SELECT
    source_host, any_value(source_site) AS source_site,
    count(*) AS backlinks, count(*) FILTER (follow) AS follow, count(DISTINCT source_id) AS pages,
    min(first_seen) AS first_seen, max(last_seen) AS last_seen,
    min(source_id) AS example_id, NULL::VARCHAR AS example
FROM backlinks
WHERE status = 'live'
GROUP BY source_host
