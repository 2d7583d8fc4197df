-- Anchors by referring domain
-- columns: source_site, backlinks, anchors, most_used, share_most_used, share_commercial, branded, exact, partial
-- sort: -share_commercial, -backlinks, source_site
-- dated: first_seen
-- column backlinks: live links
-- column anchors: different anchors
-- column most_used: the anchor of most of its links
-- column share_most_used: of its links, 0 to 1
-- column share_commercial: of its links, those with a commercial term (exact or partial), 0 to 1
-- column branded: links with a brand term
-- column url: links with an address as their anchor
-- column exact: links whose anchor is a commercial term
-- column partial: links whose anchor has a commercial term in it
-- column generic: links whose anchor says nothing of the target
-- column image: links by an image without a text of its own
-- column empty: links with nothing to read
-- column other: links with another anchor, or of a kind that has none
WITH used AS (
    SELECT source_site, anchor, anchor_type, count(*) AS links, min(first_seen) AS first_seen
    FROM backlinks
    WHERE status = 'live'
    GROUP BY source_site, anchor, anchor_type
)
SELECT
    source_site,
    sum(links)::BIGINT AS backlinks,
    count(DISTINCT anchor) AS anchors,
    first(anchor ORDER BY links DESC, anchor) AS most_used,
    round(max(links) / sum(links), 4) AS share_most_used,
    round(coalesce(sum(links) FILTER (anchor_type IN ('exact', 'partial')), 0) / sum(links), 4) AS share_commercial,
    coalesce(sum(links) FILTER (anchor_type = 'branded'), 0)::BIGINT AS branded,
    coalesce(sum(links) FILTER (anchor_type = 'url'), 0)::BIGINT AS url,
    coalesce(sum(links) FILTER (anchor_type = 'exact'), 0)::BIGINT AS exact,
    coalesce(sum(links) FILTER (anchor_type = 'partial'), 0)::BIGINT AS partial,
    coalesce(sum(links) FILTER (anchor_type = 'generic'), 0)::BIGINT AS generic,
    coalesce(sum(links) FILTER (anchor_type = 'image'), 0)::BIGINT AS image,
    coalesce(sum(links) FILTER (anchor_type = 'empty'), 0)::BIGINT AS empty,
    coalesce(sum(links) FILTER (anchor_type IN ('other', 'none')), 0)::BIGINT AS other,
    min(first_seen) AS first_seen
FROM used
GROUP BY source_site
