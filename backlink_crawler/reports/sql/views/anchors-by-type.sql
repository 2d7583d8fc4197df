-- Anchors by type
-- note: Many exact anchors that are followed are what search engines take for bought links.
-- sort: -referring_domains, -backlinks, anchor_type
-- column backlinks: live links with such an anchor
-- column share: of all live links, 0 to 1
-- column share_of_follow: of all live links that are followed, 0 to 1
-- column referring_domains: sites they stand on
-- column share_of_domains: of all referring domains, 0 to 1
-- column anchors: different ones
-- column most_used: the one on most sites
-- column follow: how many of the links are followed
WITH used AS (
    SELECT
        anchor_type, anchor,
        count(*) AS backlinks, count(*) FILTER (follow) AS follow, list(DISTINCT source_site) AS sites
    FROM backlinks
    WHERE status = 'live'
    GROUP BY anchor_type, anchor
)
SELECT
    anchor_type,
    sum(backlinks)::BIGINT AS backlinks,
    round(sum(backlinks) / sum(sum(backlinks)) OVER (), 4) AS share,
    sum(follow)::BIGINT AS follow,
    round(sum(follow) / nullif(sum(sum(follow)) OVER (), 0), 4) AS share_of_follow,
    len(list_distinct(flatten(list(sites)))) AS referring_domains,
    round(len(list_distinct(flatten(list(sites)))) / (
        SELECT count(DISTINCT source_site) FROM backlinks WHERE status = 'live'
    ), 4) AS share_of_domains,
    count(*) AS anchors,
    first(anchor ORDER BY len(sites) DESC, backlinks DESC, anchor) AS most_used
FROM used
GROUP BY anchor_type
