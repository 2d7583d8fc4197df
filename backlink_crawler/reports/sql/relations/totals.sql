-- One row: how many backlinks there are, on how much, and how many of them are not known to be live.
SELECT
    count(*) FILTER (status = 'live') AS backlinks,
    count(*) FILTER (status = 'live' AND follow) AS follow,
    count(*) FILTER (status = 'live' AND matched = 'final') AS redirected,
    count(DISTINCT source_id) FILTER (status = 'live') AS pages,
    count(DISTINCT source_host) FILTER (status = 'live') AS hosts,
    list(DISTINCT source_site) FILTER (status = 'live') AS source_sites,
    min(first_seen) FILTER (status = 'live') AS first_seen,
    max(last_seen) FILTER (status = 'live') AS last_seen,
    count(*) FILTER (status = 'unknown') AS unknown,
    min(unknown_since) FILTER (status = 'unknown') AS unknown_since,
    histogram(coalesce(lost_reason, 'unknown')) FILTER (status = 'lost') AS lost
FROM backlinks
