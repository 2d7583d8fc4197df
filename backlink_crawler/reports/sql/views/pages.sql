-- Linked pages
-- columns: url, referring_domains, backlinks, follow, anchors, title, http_status, first_seen, spellings
-- sort: -referring_domains, -backlinks, url
-- address url: target_id
-- dated: first_seen
-- column url: the page, under the address that its spellings lead to
-- column target_id: id of that address
-- column backlinks: live links
-- column referring_domains: sites they stand on
-- column follow: how many of the links are followed
-- column content: how many of the links stand in the content
-- column anchors: different anchors
-- column title: its title, where it was asked for
-- column http_status: its HTTP status, where it was asked for
-- column spellings: other addresses that lead to it and whose links count here, with the way there
WITH links AS (
    SELECT
        b.source_site, b.follow, b.region, b.anchor, b.first_seen, b.last_seen, b.target_id, w.way,
        coalesce(lower(hex(w.told_id)), b.target_id) AS told_id
    FROM backlinks b
    LEFT JOIN target_ways w ON lower(hex(w.target_id)) = b.target_id
    WHERE b.status = 'live'
)
SELECT
    l.told_id AS target_id, NULL::VARCHAR AS url,
    count(DISTINCT l.source_site) AS referring_domains,
    count(*) AS backlinks, count(*) FILTER (l.follow) AS follow, count(*) FILTER (l.region = 'content') AS content,
    count(DISTINCT l.anchor) AS anchors,
    min(l.first_seen) AS first_seen, max(l.last_seen) AS last_seen,
    any_value(t.title) FILTER (l.target_id = l.told_id) AS title,
    any_value(t.http_status) FILTER (l.target_id = l.told_id) AS http_status,
    coalesce(list_sort(list(DISTINCT l.way) FILTER (l.way IS NOT NULL)), []) AS spellings
FROM links l
LEFT JOIN target_pages t ON lower(hex(t.page_id)) = l.target_id
GROUP BY l.told_id
