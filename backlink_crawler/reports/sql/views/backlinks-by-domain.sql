-- Links from other sites, the best one of each referring domain
-- columns: source_url, target_url, anchor, follow, region, status, first_seen, others
-- sort: -weight, first_seen, source_site
-- dated: first_seen
-- column others: links of the same site that are not shown, in whatever state
WITH ranked AS (
    SELECT
        source_site, source_host, source_url, source_title, source_language, source_platform,
        target_url, target_site, matched, anchor, anchor_type, link_type, rel, follow, nofollow_cause, region,
        placement_type, weight, hidden, found, first_seen, last_seen, status, lost_at, lost_reason, tld, tld_class,
        count(*) OVER (PARTITION BY source_site) - 1 AS others,
        -- The best: one that is there and followed, then the one a reader most likely takes, then the oldest.
        row_number() OVER (
            PARTITION BY source_site
            ORDER BY status = 'live' DESC, status = 'unknown' DESC, follow DESC, weight DESC NULLS LAST,
                first_seen, source_url, target_url
        ) AS place
    FROM backlinks
)
SELECT * EXCLUDE (place) FROM ranked WHERE place = 1
