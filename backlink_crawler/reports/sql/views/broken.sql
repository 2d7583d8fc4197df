-- Our pages that are dead or redirected, with the links worth reclaiming
-- columns: target_url, state, http_status, referring_domains, links, follow, best_link, best_anchor, final_target_url
-- sort: -referring_domains, -links, target_url
-- dated: first_seen
-- note: Only targets that were visited can be told (scrapy crawl check-targets). A refusal (401, 403, 429), a robots.txt or a challenge is not called broken: it may be meant for us only.
-- column state: redirected, gone (404, 410), soft_404, loop, too_long, server_error or no_answer: itself, or where its redirects end
-- column referring_domains: sites that link to it, by links not known to be lost
-- column links: these links
-- column follow: of these, how many are followed
-- column in_content: how many stand in the content
-- column best_site: the site of the best link
-- column best_link: the page whose link is worth most: followed, seen by readers, in the content, oldest
-- column best_anchor: the anchor of that link
-- column final_target_url: where its redirects end, as far as known
-- column final_http_status: HTTP status of that
-- column target_checked: when it was last asked for
SELECT
    t.url AS target_url, t.state, t.http_status,
    count(DISTINCT l.source_site) AS referring_domains,
    count(*) AS links,
    count(*) FILTER (l.follow) AS follow,
    count(*) FILTER (l.region = 'content') AS in_content,
    arg_min(l.source_url, worth) AS best_link,
    arg_min(l.anchor, worth) AS best_anchor,
    arg_min(l.source_site, worth) AS best_site,
    min(l.first_seen) AS first_seen,
    t.final_url AS final_target_url, t.final_status AS final_http_status, t.chain,
    t.last_visited AS target_checked
FROM broken_targets t
JOIN (
    SELECT *, (NOT follow, hidden IS NOT NULL, region <> 'content', first_seen, source_url) AS worth FROM links_broken
) l ON l.target_id = t.page_id
GROUP BY ALL
