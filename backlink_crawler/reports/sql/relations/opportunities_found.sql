-- Pages of other sites where a link may be had: a row for each reason, with the page's site, kind and reason. The
-- lower the rank, the surer the reason.
WITH texts AS (
    SELECT site, url, 'title' AS place, title AS text FROM seen_pages
    UNION ALL
    SELECT site, url, 'url', url_decode(regexp_extract(url, '^[a-z]+://[^/]+/([^?#]*)', 1)) FROM seen_pages
    UNION ALL
    SELECT source_site, source_url, 'beside a link to ' || target_site,
        concat_ws(' ', text_before, anchor, text_after, heading)
    FROM links_versus
),
plain AS (
    SELECT
        site, url, place,
        ' ' || regexp_replace(strip_accents(lower(text)), '[^\p{L}\p{N}]+', ' ', 'g') || ' ' AS text
    FROM texts
),
told AS (
    SELECT kind, place, phrase FROM phrases
    UNION ALL
    -- A mention of a brand term, or of our domain.
    SELECT DISTINCT 'mention', 'brand', trim(regexp_replace(strip_accents(lower(term)), '[^\p{L}\p{N}]+', ' ', 'g'))
    FROM (SELECT unnest(getvariable('brands') || getvariable('sites')) AS term)
),
-- A phrase is only looked for where its first word is: a hash join instead of every phrase in every text.
words AS (SELECT *, unnest(list_distinct(string_split(trim(text), ' '))) AS word FROM plain)
SELECT
    w.site, w.url, t.kind,
    CASE w.place WHEN 'title' THEN 2 WHEN 'url' THEN 3 ELSE 2 END AS rank,
    w.place || ': ' || t.phrase AS reason
FROM words w
JOIN told t
    ON split_part(t.phrase, ' ', 1) = w.word
    AND contains(w.text, ' ' || t.phrase || ' ')
    AND CASE t.place
        WHEN 'brand' THEN w.place <> 'url'
        WHEN 'both' THEN w.place IN ('title', 'url')
        ELSE w.place = t.place
    END
UNION ALL
-- What the page declares by its markup or software.
SELECT site, url, CASE page_type WHEN 'profile' THEN 'author_bio' ELSE page_type END, 4, 'page type: ' || page_type
FROM seen_pages WHERE page_type IN ('forum', 'profile')
UNION ALL
-- Where a competitor's link stands, ours could.
SELECT
    source_site, source_url, CASE placement_type WHEN 'resource_list' THEN 'resource_page' ELSE placement_type END, 1,
    'link to ' || target_site || ': ' || placement_type || coalesce(' (' || placement_reason || ')', '')
FROM links_versus
WHERE placement_type IN ('resource_list', 'directory', 'forum', 'testimonial', 'author_bio')
