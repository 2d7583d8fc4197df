-- Sitewide links
-- columns: source_site, target_url, pages, pages_crawled, share, anchor, region, follow, first_seen
-- sort: -pages, source_site, target_id
-- address target_url: target_id
-- address example: example_id
-- dated: first_seen
-- column pages: pages of the site with a live link to the target
-- column pages_crawled: pages of the site that could be read
-- column share: of the pages that could be read, 0 to 1
-- column anchor: the anchor on most of the pages
-- column region: the region on most of the pages
-- column follow: whether all of the links are followed
-- column example_id: id of one of the pages
-- column example: one of the pages
SELECT
    b.source_site, NULL::VARCHAR AS target_url, b.target_id,
    count(DISTINCT b.source_id) AS pages,
    any_value(s.pages_read) AS pages_crawled,
    round(count(DISTINCT b.source_id) / any_value(s.pages_read), 4) AS share,
    mode(b.anchor) AS anchor, mode(b.region) AS region, bool_and(b.follow) AS follow,
    min(b.first_seen) AS first_seen, max(b.last_seen) AS last_seen,
    min(b.source_id) AS example_id, NULL::VARCHAR AS example
FROM backlinks b
JOIN source_sites s ON s.site = b.source_site
WHERE b.status = 'live'
GROUP BY b.source_site, b.target_id
-- Sitewide: on at least half of the pages of which at least 10 were read, or on at least 20 pages. Fewer pages than
-- that say little of the whole site.
HAVING (any_value(s.pages_read) >= 10 AND count(DISTINCT b.source_id) >= 0.5 * any_value(s.pages_read))
    OR count(DISTINCT b.source_id) >= 20
