-- One row, as totals has it: how many backlinks there were at the end of the day asked for.
SELECT
    getvariable('at')::DATE AS day,
    count(*) FILTER (status = 'live') AS backlinks,
    count(*) FILTER (status = 'live' AND follow) AS follow,
    0 AS redirected,
    count(DISTINCT source_id) FILTER (status = 'live') AS pages,
    count(DISTINCT source_host) FILTER (status = 'live') AS hosts,
    list(DISTINCT source_site) FILTER (status = 'live') AS source_sites,
    min(first_seen) FILTER (status = 'live') AS first_seen,
    -- Later visits have overwritten it.
    NULL::TIMESTAMP AS last_seen,
    count(*) FILTER (status = 'unknown') AS unknown,
    min(unknown_since) FILTER (status = 'unknown') AS unknown_since,
    histogram(coalesce(lost_reason, 'unknown')) FILTER (status = 'lost') AS lost
FROM links_then
