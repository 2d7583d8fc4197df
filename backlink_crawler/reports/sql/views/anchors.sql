-- Anchors
-- columns: anchor, anchor_type, backlinks, share, referring_domains, share_of_domains, follow, first_seen
-- sort: -referring_domains, -backlinks, anchor, anchor_type
-- address example: example_id
-- group type: anchors-by-type
-- group domain: anchors-by-domain
-- dated: first_seen
-- column backlinks: live links with this anchor
-- column share: of all live links, 0 to 1
-- column referring_domains: sites they stand on
-- column share_of_domains: of all referring domains, 0 to 1
-- column follow: how many of the links are followed
-- column example_id: id of one page with such a link
-- column example: that page
SELECT
    anchor, anchor_type,
    count(*) AS backlinks,
    round(count(*) / sum(count(*)) OVER (), 4) AS share,
    count(DISTINCT source_site) AS referring_domains,
    round(count(DISTINCT source_site) / (
        SELECT count(DISTINCT source_site) FROM backlinks WHERE status = 'live'
    ), 4) AS share_of_domains,
    count(*) FILTER (follow) AS follow,
    min(first_seen) AS first_seen, max(last_seen) AS last_seen,
    min(source_id) AS example_id, NULL::VARCHAR AS example
FROM backlinks
WHERE status = 'live'
GROUP BY anchor, anchor_type
