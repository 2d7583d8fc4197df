-- Sites that it links to
-- columns: target_site, links, pages, follow, nofollow, sponsored, ugc, dead, first_seen
-- sort: -links, target_site
-- dated: first_seen
-- column links: live links to that site
-- column pages: pages they stand on
-- column targets: pages they point to
-- column follow: links that are followed
-- column nofollow: links with rel=nofollow
-- column sponsored: links with rel=sponsored
-- column ugc: links with rel=ugc
-- column checked: links whose target was asked for
-- column dead: links whose target is gone, as far as it was asked for
-- column example: the first page, by its URL, with such a link
SELECT
    target_site,
    count(*) AS links, count(DISTINCT source_id) AS pages, count(DISTINCT target_id) AS targets,
    count(*) FILTER (follow) AS follow, count(*) FILTER (nofollow) AS nofollow,
    count(*) FILTER (sponsored) AS sponsored, count(*) FILTER (ugc) AS ugc,
    count(*) FILTER (target_checked IS NOT NULL) AS checked, count(*) FILTER (target_dead) AS dead,
    min(first_seen) AS first_seen, max(last_seen) AS last_seen,
    min(source_url) AS example
FROM outlinks
WHERE status = 'live'
GROUP BY target_site
