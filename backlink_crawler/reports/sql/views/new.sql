-- Links that appeared
-- columns: appeared, at, source_url, target_url, anchor, follow, region, status
-- section: appeared
-- sort: -at, source_url, target_url
-- days: 30
-- note: New: found on a page that was read before without it, or on a page published since its site is known. Discovered: found together with a page that was never read before, so how old it is is not known. Restored: it had been lost, and is back.
-- column appeared: new, discovered or restored
-- column at: the visit that showed it
-- column lost_reason: of a restored one: the loss that ended; of one that was lost again: that loss
WITH appeared AS (
    SELECT
        CASE WHEN found = 'with_page' THEN 'discovered' ELSE 'new' END AS appeared,
        first_seen AS at, link_id, source_id, source_url, source_site, target_url, anchor, link_type, rel, follow,
        region, placement_type, found, first_seen, last_seen, status, lost_at, lost_reason
    FROM links_new
    UNION ALL BY NAME
    SELECT
        'restored' AS appeared,
        e.at, e.link_id, l.source_id, e.source_url, e.source_site, e.target_url, l.anchor, l.link_type, l.rel,
        l.follow, l.region, l.placement_type, l.found, l.first_seen, l.last_seen, l.status, l.lost_at,
        e.reason AS lost_reason
    FROM settled_events e
    LEFT JOIN event_links l ON l.link_id = e.link_id
    WHERE e.event = 'restored'
)
SELECT
    a.* EXCLUDE (link_id, source_id, status, last_seen),
    lower(hex(a.link_id)) AS link_id,
    CASE WHEN a.status = 'live' AND s.unknown_since IS NOT NULL THEN 'unknown' ELSE a.status END AS status,
    CASE WHEN a.status = 'live' THEN coalesce(s.last_read, a.last_seen) ELSE a.last_seen END AS last_seen
FROM appeared a
LEFT JOIN source_pages s ON s.page_id = a.source_id
