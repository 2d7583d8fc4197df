-- What was tried, site by site
-- columns: site, pages, read, redirects, errors, other, unknown, causes, oldest_visit, newest_visit, unvisited
-- sort: -pages, site
-- column site: registrable domain
-- column pages: pages that were asked for
-- column read: pages that were read
-- column redirects: pages that redirect
-- column errors: pages that the server has not (any other HTTP error than those under unknown)
-- column other: pages that are not HTML, or too large to be read
-- column unknown: pages that could not be looked at
-- column share_unknown: of the pages asked for, 0 to 1
-- column causes: why not, with how many of each
-- column oldest_visit: the last visit of the page that was visited least recently
-- column newest_visit: the last visit of any page
-- column unvisited: of what is asked for: pages that others link to and that were never asked for
WITH causes AS (
    SELECT site, outcome, unknown_cause(outcome, http_status) AS cause, pages, oldest_visit, newest_visit
    FROM tried_pages
),
told AS (
    SELECT site, cause, sum(pages)::BIGINT AS pages
    FROM causes
    WHERE cause IS NOT NULL
    GROUP BY site, cause
),
unvisited AS (
    SELECT l.target_site AS site, count(DISTINCT l.target_id) AS pages
    FROM links_in l
    LEFT JOIN target_pages t ON t.page_id = l.target_id
    WHERE l.status = 'live' AND l.matched = 'direct' AND t.host IS NULL
    GROUP BY l.target_site
),
tried AS (
    SELECT
        site,
        sum(pages)::BIGINT AS pages,
        coalesce(sum(pages) FILTER (outcome = 'ok'), 0)::BIGINT AS read,
        coalesce(sum(pages) FILTER (outcome = 'redirect'), 0)::BIGINT AS redirects,
        coalesce(sum(pages) FILTER (outcome = 'http_error' AND cause IS NULL), 0)::BIGINT AS errors,
        coalesce(sum(pages) FILTER (outcome IN ('not_html', 'too_large')), 0)::BIGINT AS other,
        coalesce(sum(pages) FILTER (cause IS NOT NULL), 0)::BIGINT AS unknown,
        min(oldest_visit) AS oldest_visit, max(newest_visit) AS newest_visit
    FROM causes
    GROUP BY site
)
SELECT
    coalesce(t.site, u.site) AS site,
    coalesce(t.pages, 0) AS pages, coalesce(t.read, 0) AS read, coalesce(t.redirects, 0) AS redirects,
    coalesce(t.errors, 0) AS errors, coalesce(t.other, 0) AS other, coalesce(t.unknown, 0) AS unknown,
    round(t.unknown / t.pages, 4) AS share_unknown,
    (
        SELECT string_agg(cause || ' ' || told.pages, ', ' ORDER BY told.pages DESC, cause)
        FROM told
        WHERE told.site = t.site
    ) AS causes,
    t.oldest_visit, t.newest_visit,
    CASE
        WHEN list_contains(getvariable('sites'), coalesce(t.site, u.site)) THEN coalesce(u.pages, 0)
    END AS unvisited
FROM tried t
FULL JOIN unvisited u ON u.site = t.site
