-- Referring domains
-- columns: source_site, backlinks, follow, pages, targets, unknown, lost, first_seen, last_seen, example
-- sort: -backlinks, -lost, source_site
-- address example: example_id
-- dated: first_seen
-- column backlinks: live links
-- column follow: live links that are followed
-- column content: live links in the content
-- column pages: pages with a live link
-- column targets: pages they point to
-- column anchors: different anchors of the live links
-- column unknown: links whose page could not be looked at again
-- column lost: links that are lost
-- column status: live where any link is, else unknown where any is, else lost
-- column example_id: id of one page with a live link, or that had one
-- column example: that page
SELECT
    source_site,
    count(*) FILTER (status = 'live') AS backlinks,
    count(*) FILTER (status = 'live' AND follow) AS follow,
    count(*) FILTER (status = 'live' AND region = 'content') AS content,
    count(DISTINCT source_id) FILTER (status = 'live') AS pages,
    count(DISTINCT target_id) FILTER (status = 'live') AS targets,
    count(DISTINCT anchor) FILTER (status = 'live') AS anchors,
    count(*) FILTER (status = 'unknown') AS unknown,
    count(*) FILTER (status = 'lost') AS lost,
    CASE
        WHEN bool_or(status = 'live') THEN 'live'
        WHEN bool_or(status = 'unknown') THEN 'unknown'
        ELSE 'lost'
    END AS status,
    min(first_seen) AS first_seen, max(last_seen) AS last_seen,
    any_value(tld) AS tld, any_value(tld_class) AS tld_class,
    coalesce(min(source_id) FILTER (status = 'live'), min(source_id)) AS example_id, NULL::VARCHAR AS example
FROM backlinks
GROUP BY source_site
