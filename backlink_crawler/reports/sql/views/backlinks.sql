-- Links from other sites, one row each
-- columns: source_url, target_url, anchor, follow, region, status, first_seen
-- sort: -first_seen, source_url, target_url
-- group domain: backlinks-by-domain
-- group similar: backlinks-similar
-- dated: first_seen
SELECT * FROM backlinks
