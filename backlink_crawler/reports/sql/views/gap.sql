-- Sites that link to competitors and not to us
-- columns: source_site, competitors, links, follow, first_seen, linked, example_page
-- sort: -competitors, -links, source_site
-- dated: first_seen
-- needs: versus
-- note: A site counts as linking while at least one of its links is not known to be lost.
-- column competitors: how many of the competitors it links to
-- column links: its links to them, not known to be lost
-- column follow: of these, how many are followed
-- column linked: the competitors it links to
-- column example_page: a page that links to one of them, for the longest time
-- column example_pages: such a page for each of them, in the order of linked
WITH by_competitor AS (
    SELECT
        source_site, target_site,
        sum(links)::BIGINT AS links,
        coalesce(sum(links) FILTER (follow), 0)::BIGINT AS follow,
        min(first_seen) AS first_seen
    FROM gap_links
    GROUP BY source_site, target_site
)
SELECT
    source_site,
    count(*) AS competitors,
    sum(c.links)::BIGINT AS links,
    sum(c.follow)::BIGINT AS follow,
    min(c.first_seen) AS first_seen,
    list(target_site ORDER BY target_site) AS linked,
    arg_min(e.source_url, (e.first_seen, e.source_url)) AS example_page,
    list(e.source_url ORDER BY target_site) AS example_pages
FROM by_competitor c
LEFT JOIN gap_examples e USING (source_site, target_site)
GROUP BY source_site
