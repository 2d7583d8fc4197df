-- Backlinks
-- columns: name, backlinks, share, referring_domains, follow, first_seen, last_seen, spellings, example
-- sort: section, -referring_domains, -backlinks, name
-- section: section
-- opening: totals
-- address name: target_id
-- address example: example_id
-- column section: what the links of a row have in common
-- column name: which one; a target page under the address that it leads to, by redirects or as its canonical one
-- column spellings: of a target page: the other addresses that lead to it, with the way there and their links
-- column target_id: of a target page: id of the URL under which it is told
-- column backlinks: links, live ones in all sections but status, lost_reason, new and lost
-- column share: of all live links, 0 to 1
-- column referring_domains: sites they stand on
-- column follow: how many of them are followed
-- column example_id: id of one page that carries such a link
-- column example: that page
WITH links AS (
    SELECT
        b.source_id, b.source_site, b.follow, b.nofollow_cause, b.ugc, b.sponsored, b.link_type, b.region,
        b.placement_type, b.anchor, b.anchor_type, b.tld, b.tld_class, b.source_language, b.source_platform,
        b.matched, b.found, b.first_seen, b.last_seen, b.status, b.lost_at, b.lost_reason,
        -- A target that leads to another address is told under that one.
        coalesce(lower(hex(w.told_id)), b.target_id) AS told_id, w.way
    FROM backlinks b
    LEFT JOIN target_ways w ON lower(hex(w.target_id)) = b.target_id
),
named AS (
    SELECT source_id, source_site, follow, first_seen, last_seen, unnest([
        {section: 'total', name: array_to_string(getvariable('sites'), ', ')},
        {section: 'follow', name: if(follow, 'follow', 'nofollow (' || coalesce(nofollow_cause, 'unknown') || ')')},
        {section: 'declared', name: if(ugc, 'ugc', NULL)},
        {section: 'declared', name: if(sponsored, 'sponsored', NULL)},
        {section: 'link_type', name: link_type},
        {section: 'region', name: region},
        {section: 'placement_type', name: coalesce(placement_type, '[not clear]')},
        {section: 'anchor_type', name: anchor_type},
        {section: 'anchor', name: CASE
            WHEN anchor <> '' THEN anchor
            WHEN link_type = 'image' THEN '[image without alt]'
            ELSE '[no text]'
        END},
        {section: 'target_page', name: told_id},
        {section: 'referring_domain', name: source_site},
        {section: 'tld', name: tld},
        {section: 'tld_class', name: tld_class},
        {section: 'language', name: coalesce(source_language, '[not declared]')},
        {section: 'platform', name: coalesce(source_platform, '[not told]')},
        {section: 'matched', name: matched}
    ], recursive := true)
    FROM links
    WHERE status = 'live'
    UNION ALL
    SELECT source_id, source_site, follow, first_seen, last_seen, 'status', status
    FROM links
    UNION ALL
    SELECT source_id, source_site, follow, first_seen, last_seen, 'lost_reason', lost_reason
    FROM links
    WHERE status = 'lost'
    UNION ALL
    -- Found together with its page, a link may be of any age: that is not new.
    SELECT source_id, source_site, follow, first_seen, last_seen, 'new', days || ' days'
    FROM links, unnest([7, 30, 90]) AS period (days)
    WHERE found <> 'with_page' AND first_seen > getvariable('now') - to_days(days)
    UNION ALL
    SELECT source_id, source_site, follow, first_seen, last_seen, 'lost', days || ' days'
    FROM links, unnest([7, 30, 90]) AS period (days)
    WHERE status = 'lost' AND lost_at > getvariable('now') - to_days(days)
),
counted AS (
    SELECT
        section, name,
        count(*) AS backlinks, count(DISTINCT source_site) AS referring_domains, count(*) FILTER (follow) AS follow,
        min(first_seen) AS first_seen, max(last_seen) AS last_seen,
        -- The smallest, so that the same links give the same report.
        min(source_id) AS example_id
    FROM named
    WHERE name IS NOT NULL
    GROUP BY section, name
),
spelt AS (
    SELECT told_id, list({spelling: way, backlinks: backlinks, follow: follow} ORDER BY backlinks DESC, way) AS spellings
    FROM (
        SELECT told_id, way, count(*) AS backlinks, count(*) FILTER (follow) AS follow
        FROM links
        WHERE status = 'live' AND way IS NOT NULL
        GROUP BY told_id, way
    )
    GROUP BY told_id
)
SELECT
    c.section::ENUM(
        'total', 'status', 'lost_reason', 'new', 'lost', 'follow', 'declared', 'link_type', 'region', 'placement_type',
        'anchor_type', 'anchor', 'target_page', 'referring_domain', 'tld', 'tld_class', 'language', 'platform',
        'matched'
    ) AS section,
    if(c.section = 'target_page', NULL, c.name) AS name,
    c.backlinks,
    round(c.backlinks / (SELECT sum(backlinks) FROM counted WHERE section = 'total'), 4) AS share,
    c.referring_domains, c.follow, c.first_seen, c.last_seen,
    if(c.section = 'target_page', c.name, NULL) AS target_id, s.spellings,
    c.example_id, NULL::VARCHAR AS example
FROM counted c
LEFT JOIN spelt s ON c.section = 'target_page' AND s.told_id = c.name
