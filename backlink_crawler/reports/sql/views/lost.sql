-- Links that were lost
-- columns: lost_at, lost_reason, source_url, target_url, anchor, follow, region, first_seen, became, evidence
-- sort: -lost_at, source_url, target_url
-- days: 30
-- note: Links that were lost and are back by now are not among them (view new: restored). A link whose page could not be looked at is unknown and not lost.
-- column days_lived: days from when it was first seen to when it was lost
-- column became: where it went, of a loss that is a move to another page or a change of its target
-- column evidence: of unreachable: the visits that failed
-- column page_outcome: what came of asking for its page last
-- column page_http_status: HTTP status of its page
-- column page_redirect_to: where its page redirects
-- column page_canonical_url: address that its page names as its canonical one
-- column page_indexable_cause: why search engines may not list its page
WITH losses AS (
    SELECT link_id, arg_max(event, revision) AS event, arg_max(new, revision) AS new,
        arg_max(evidence, revision) AS evidence
    FROM settled_events
    WHERE event IN ('lost', 'moved', 'retargeted')
    GROUP BY link_id
)
SELECT
    lower(hex(l.link_id)) AS link_id,
    l.lost_at, l.lost_reason,
    l.source_url, l.source_site, l.target_url, l.anchor, l.link_type, l.rel, l.follow, l.region, l.placement_type,
    l.first_seen, l.last_seen,
    date_diff('day', l.first_seen, l.lost_at) AS days_lived,
    CASE WHEN e.event IN ('moved', 'retargeted') THEN e.new END AS became,
    e.evidence,
    s.outcome AS page_outcome, s.http_status AS page_http_status, s.redirect_to AS page_redirect_to,
    s.canonical_url AS page_canonical_url, s.indexable_cause AS page_indexable_cause
FROM links_gone l
LEFT JOIN losses e ON e.link_id = l.link_id
LEFT JOIN source_pages s ON s.page_id = l.source_id
