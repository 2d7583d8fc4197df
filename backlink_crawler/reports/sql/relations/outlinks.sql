-- Links of the sites asked for to others, with what their pages and targets say, as they are now.
SELECT
    lower(hex(l.source_id)) AS source_id, lower(hex(l.target_id)) AS target_id, l.source_url, l.source_site,
    l.target_url, l.target_site, l.anchor, l.rel, l.nofollow, l.ugc, l.sponsored, l.follow, l.region, l.first_seen,
    CASE WHEN l.status = 'live' THEN coalesce(s.last_read, l.last_seen) ELSE l.last_seen END AS last_seen,
    CASE WHEN l.status = 'live' AND s.unknown_since IS NOT NULL THEN 'unknown' ELSE l.status END AS status,
    CASE WHEN t.chain_end IS NOT NULL THEN t.final_status ELSE t.http_status END AS target_http_status,
    t.last_visited AS target_checked,
    -- Dead: gone, itself or where it redirects to, whatever status it says that with; or its redirects lead nowhere.
    CASE
        WHEN t.page_id IS NULL THEN NULL
        WHEN t.chain_end IN ('loop', 'too_long') THEN true
        WHEN t.chain_end IS NOT NULL THEN coalesce(t.final_status IN (404, 410) OR t.final_soft_404, false)
        ELSE coalesce(t.http_status IN (404, 410) OR t.soft_404, false)
    END AS target_dead
FROM links_out l
LEFT JOIN source_pages s ON s.page_id = l.source_id
LEFT JOIN target_pages t ON t.page_id = l.target_id
