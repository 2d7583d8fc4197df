-- Dead pages of other sites, by how many sites link to them, with the page of ours that fits best
-- columns: target_url, state, referring_domains, links, follow, example_link, example_anchor, fitting_url, fit
-- sort: -referring_domains, -links, target_url
-- dated: target_checked
-- note: Only dead pages that were asked for can be told: those of crawled sites, and targets that were checked. Our own links and pages, and links within a site, do not count.
-- column state: gone (404, 410), soft_404, or no_host (its name has no address any more): itself, or where it redirects
-- column referring_domains: sites that link to it, by links not known to be lost
-- column links: these links
-- column follow: of these, how many are followed
-- column linking_sites: the sites, at most 20
-- column example_link: the page of the best link: followed, in the content, oldest
-- column example_anchor: its anchor
-- column fitting_url: page of ours whose title and address share most with the dead address and the anchors; empty: none is near
-- column fitting_title: its title
-- column fit: share of the words of the dead page that our page has, rare ones counting more: 0 to 1
-- column target_checked: when it was last asked for
WITH dead AS (
    SELECT
        d.page_id, d.url, d.last_visited,
        CASE
            WHEN d.outcome = 'network_error' THEN 'no_host'
            WHEN d.soft_404 OR d.final_soft_404 THEN 'soft_404'
            ELSE 'gone'
        END AS state,
        count(DISTINCT l.source_site) AS referring_domains,
        count(*) AS links,
        count(*) FILTER (l.follow) AS follow,
        list_sort(list(DISTINCT l.source_site))[:20] AS linking_sites,
        arg_min(l.source_url, (NOT l.follow, l.region <> 'content', l.first_seen, l.source_url)) AS example_link,
        arg_min(l.anchor, (NOT l.follow, l.region <> 'content', l.first_seen, l.source_url)) AS example_anchor,
        string_agg(DISTINCT l.anchor, ' ') AS anchors
    FROM dead_pages d
    JOIN links_dead l ON l.target_id = d.page_id
    GROUP BY ALL
),
texts AS (
    SELECT url AS name, concat_ws(' ', title, regexp_extract(url, '//[^/]+(.*)', 1)) AS text, true AS ours
    FROM own_pages
    WHERE outcome = 'ok' AND soft_404 IS NOT TRUE
    UNION ALL
    SELECT url, concat_ws(' ', anchors, regexp_extract(url, '//[^/]+(.*)', 1)), false FROM dead
),
words AS (
    SELECT DISTINCT
        name, ours, unnest(regexp_extract_all(strip_accents(lower(text)), '[\p{L}\p{N}]{3,}')) AS word
    FROM texts
),
telling AS (
    FROM words
    -- Said of any page.
    WHERE word NOT IN (
        'html', 'htm', 'php', 'asp', 'aspx', 'index', 'www', 'http', 'https', 'com', 'net', 'org', 'page', 'blog', 'post',
        'the', 'and', 'for', 'with', 'from', 'this', 'that', 'your', 'here', 'click', 'more', 'read', 'link', 'website',
        'und', 'der', 'die', 'das', 'mit', 'hier', 'mehr', 'les', 'des', 'pour', 'ici', 'los', 'las', 'para', 'aqui'
    )
),
own_words AS (SELECT name AS url, word FROM telling WHERE ours),
dead_words AS (SELECT name AS url, word FROM telling WHERE NOT ours),
-- Of our own pages: the fewer have a word, the more it says.
rarity AS (
    SELECT word, ln(1 + (SELECT count(DISTINCT url) FROM own_words) / count(*)) AS weight FROM own_words GROUP BY word
),
-- A word that no page of ours has counts as one that a single page has.
told AS (
    SELECT url, sum(coalesce(r.weight, (SELECT max(weight) FROM rarity))) AS weight
    FROM dead_words LEFT JOIN rarity r USING (word)
    GROUP BY url
),
fits AS (
    SELECT w.url, o.url AS fitting_url, sum(r.weight) / any_value(t.weight) AS fit
    FROM dead_words w
    JOIN own_words o ON o.word = w.word
    JOIN rarity r ON r.word = w.word
    JOIN told t ON t.url = w.url
    GROUP BY ALL
    -- Below a quarter of the words, two pages have little in common.
    HAVING fit >= 0.25
),
best AS (SELECT url, arg_max(fitting_url, (fit, fitting_url)) AS fitting_url, max(fit) AS fit FROM fits GROUP BY url)
SELECT
    d.url AS target_url, d.state, d.referring_domains, d.links, d.follow, d.linking_sites, d.example_link,
    d.example_anchor, b.fitting_url, o.title AS fitting_title, round(b.fit, 2) AS fit,
    d.last_visited AS target_checked
FROM dead d
LEFT JOIN best b ON b.url = d.url
LEFT JOIN own_pages o ON o.url = b.fitting_url
