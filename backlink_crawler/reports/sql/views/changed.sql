-- Links that were changed
-- columns: at, effect, field, old, new, source_url, target_url, anchor, follow, region
-- sort: -at, source_url, target_url, field
-- days: 30
-- note: Changed means that the link stands on its page as before and something about it is different. Links that point elsewhere now, or stand on another page, are lost (view lost).
-- column effect: what that means for its worth: better, worse, or empty where nothing says so
-- column anchor: as it is now
SELECT
    lower(hex(e.link_id)) AS link_id,
    e.at,
    CASE
        WHEN e.field = 'follow' THEN CASE e.new WHEN 'true' THEN 'better' ELSE 'worse' END
        -- A reason why readers do not see it.
        WHEN e.field = 'hidden' THEN CASE WHEN e.new IS NULL THEN 'better' ELSE 'worse' END
        WHEN e.field = 'region' AND e.new = 'content' THEN 'better'
        WHEN e.field = 'region' AND e.old = 'content' THEN 'worse'
    END AS effect,
    e.field, e.old, e.new,
    e.source_url, e.source_site, e.target_url, l.anchor, e.follow, e.region, l.placement_type,
    l.first_seen, l.status, e.visit
FROM settled_events e
LEFT JOIN event_links l ON l.link_id = e.link_id
WHERE e.event = 'changed'
