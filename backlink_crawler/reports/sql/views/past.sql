-- Backlinks at the end of a day
-- columns: name, backlinks, share, referring_domains, follow, first_seen, example
-- sort: section, -referring_domains, -backlinks, name
-- section: section
-- needs: at
-- opening: totals_then
-- note: This is what had been seen by then; what was found later is not counted.
-- column section: what the links of a row had in common
-- column name: which one
-- column backlinks: links, live ones in all sections but status and lost_reason
-- column share: of all live links, 0 to 1
-- column referring_domains: sites they stood on
-- column follow: how many of them were followed
-- column first_seen: first visit that found one of them
-- column example: one page that carried such a link
WITH named AS (
    SELECT source_url, source_site, follow, first_seen, unnest([
        {section: 'total', name: array_to_string(getvariable('sites'), ', ')},
        {section: 'follow', name: if(follow, 'follow', 'nofollow (' || coalesce(nofollow_cause, 'unknown') || ')')},
        {section: 'link_type', name: link_type},
        {section: 'region', name: region},
        {section: 'referring_domain', name: source_site}
    ], recursive := true)
    FROM links_then
    WHERE status = 'live'
    UNION ALL
    SELECT source_url, source_site, follow, first_seen, 'status', status
    FROM links_then
    UNION ALL
    SELECT source_url, source_site, follow, first_seen, 'lost_reason', lost_reason
    FROM links_then
    WHERE status = 'lost'
)
SELECT
    section::ENUM(
        'total', 'status', 'lost_reason', 'follow', 'link_type', 'region', 'referring_domain'
    ) AS section,
    name,
    count(*) AS backlinks,
    round(count(*) / (SELECT count(*) FROM links_then WHERE status = 'live'), 4) AS share,
    count(DISTINCT source_site) AS referring_domains,
    count(*) FILTER (follow) AS follow,
    min(first_seen) AS first_seen,
    -- The smallest, so that the same links give the same report.
    min(source_url) AS example
FROM named
WHERE name IS NOT NULL
GROUP BY section, name
