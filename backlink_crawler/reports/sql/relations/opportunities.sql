-- Where a link may be had: a row for each site and kind, with the page that says so most surely.
WITH found AS MATERIALIZED (FROM opportunities_found),
kinds AS (
    SELECT
        site, kind,
        arg_min(url, (rank, length(url), url)) AS url,
        arg_min(reason, (rank, length(url), url)) AS reason,
        count(DISTINCT url) AS pages
    FROM found
    WHERE kind <> 'contact' AND NOT list_contains(getvariable('sites') || getvariable('versus'), site)
    GROUP BY site, kind
),
links AS (
    SELECT
        source_site,
        coalesce(list(target_site ORDER BY target_site) FILTER (list_contains(getvariable('versus'), target_site)), [])
            AS linked,
        bool_or(list_contains(getvariable('sites'), target_site)) AS links_to_us
    FROM linking_sites
    GROUP BY source_site
),
contacts AS (
    SELECT site, arg_min(url, (rank, length(url), url)) AS url
    FROM found
    WHERE kind = 'contact'
    GROUP BY site
),
authors AS (SELECT site, mode(author) AS author FROM seen_pages GROUP BY site),
-- The address that most of its links lead to.
networks AS (
    SELECT source_site, arg_max(target_url, (links, -length(target_url), target_url)) AS profile
    FROM social_links
    GROUP BY source_site, target_site
),
profiles AS (SELECT source_site, list(profile ORDER BY profile) AS profiles FROM networks GROUP BY source_site)
SELECT
    k.kind, k.reason,
    k.url AS source_url, k.site AS source_site, p.title AS source_title, p.language AS source_language, k.pages,
    coalesce(len(l.linked), 0) AS competitors, coalesce(l.linked, []) AS linked,
    coalesce(l.links_to_us, false) AS links_to_us,
    c.url AS contact_url, coalesce(p.author, a.author) AS author, coalesce(s.profiles, []) AS profiles
FROM kinds k
LEFT JOIN seen_pages p ON p.url = k.url
LEFT JOIN links l ON l.source_site = k.site
LEFT JOIN contacts c ON c.site = k.site
LEFT JOIN authors a ON a.site = k.site
LEFT JOIN profiles s ON s.source_site = k.site
