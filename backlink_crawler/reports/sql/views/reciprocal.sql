-- Sites that link in both directions
-- columns: site, links_in, follow_in, first_seen_in, links_out, follow_out, first_seen_out
-- sort: -links_in, -links_out, site
-- column site: registrable domain that links and is linked
-- column links_in: its live links to what is asked for
-- column follow_in: how many of them are followed
-- column first_seen_in: the first time one of them was seen
-- column last_seen_in: the last time
-- column links_out: live links to it
-- column follow_out: how many of them are followed
-- column first_seen_out: the first time one of them was seen
-- column last_seen_out: the last time
WITH incoming AS (
    SELECT
        source_site AS site, count(*) AS links_in, count(*) FILTER (follow) AS follow_in,
        min(first_seen) AS first_seen_in, max(last_seen) AS last_seen_in
    FROM backlinks
    WHERE status = 'live'
    GROUP BY source_site
),
outgoing AS (
    SELECT
        target_site AS site, count(*) AS links_out, count(*) FILTER (follow) AS follow_out,
        min(first_seen) AS first_seen_out, max(last_seen) AS last_seen_out
    FROM outlinks
    WHERE status = 'live'
    GROUP BY target_site
)
SELECT * FROM incoming JOIN outgoing USING (site)
