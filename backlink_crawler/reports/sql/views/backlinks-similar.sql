-- Links from other sites, those that stand alike on many pages told once
-- columns: source_host, target_url, anchor, region, pages, pages_crawled, share, follow, first_seen
-- sort: -pages, source_host, anchor
-- address target_url: target_id
-- address example: example_id
-- dated: first_seen
-- column pages: pages of the host with the same link: same target, anchor and region
-- column pages_crawled: pages of its site that could be read
-- column share: of the site's pages that could be read, 0 to 1
-- column follow: whether all of the links are followed
-- column example_id: id of one of the pages
-- column example: one of the pages
SELECT
    b.source_site, b.source_host, NULL::VARCHAR AS target_url, b.target_id, b.anchor, b.region,
    count(DISTINCT b.source_id) AS pages,
    any_value(s.pages_read) AS pages_crawled,
    round(count(DISTINCT b.source_id) / any_value(s.pages_read), 4) AS share,
    bool_and(b.follow) AS follow,
    min(b.first_seen) AS first_seen, max(b.last_seen) AS last_seen,
    min(b.source_id) AS example_id, NULL::VARCHAR AS example
FROM backlinks b
LEFT JOIN source_sites s ON s.site = b.source_site
WHERE b.status = 'live'
GROUP BY b.source_site, b.source_host, b.target_id, b.anchor, b.region
