-- Links from other sites to what is asked for, with what their pages and targets say, as they are now.
SELECT
    lower(hex(l.link_id)) AS link_id, lower(hex(l.source_id)) AS source_id, lower(hex(l.target_id)) AS target_id,
    -- Of its host the page tells, as an index holds that of pages and not of links.
    l.source_url, s.host AS source_host, l.source_site,
    s.title AS source_title, s.language AS source_language, s.platform AS source_platform,
    s.page_type AS source_page_type, s.author AS source_author, s.published_at AS source_published_at,
    s.word_count AS source_words, s.links_external AS source_links_external, s.ip AS source_ip,
    s.subnet AS source_subnet, s.indexable AS source_indexable, s.indexable_cause AS source_indexable_cause,
    s.canonical_url AS source_canonical_url,
    l.target_url, l.target_host, l.target_site, l.matched,
    coalesce(t.final_url, t.url) AS final_target_url,
    coalesce(t.final_site, t.site) AS final_target_site,
    CASE WHEN t.chain_end IS NOT NULL THEN t.final_status ELSE t.http_status END AS target_http_status,
    t.last_visited AS target_checked,
    coalesce(t.final_soft_404, t.soft_404) AS target_soft_404,
    l.anchor, anchor_type(l.anchor, l.link_type, l.anchor_words) AS anchor_type, l.anchor_source,
    l.link_type, l.rel, l.nofollow, l.ugc, l.sponsored, l.follow, l.nofollow_cause,
    l.region, l.content_score, l.placement_type, l.placement_reason, l.weight, l.hidden, l.occurrences,
    l.href, l.wrapped_url, l.scope, l.xpath, l.ordinal, l."offset", l.dom_depth, l.block_tag, l.block_words,
    l.block_link_density, l.in_list, l.heading, l.text_before, l.text_after,
    l.found, l.first_seen,
    -- While a link lives, the last reading of its page saw it.
    CASE WHEN l.status = 'live' THEN coalesce(s.last_read, l.last_seen) ELSE l.last_seen END AS last_seen,
    CASE WHEN l.status = 'live' AND s.unknown_since IS NOT NULL THEN 'unknown' ELSE l.status END AS status,
    s.unknown_since, l.lost_at, l.lost_reason,
    regexp_extract(l.source_site, '[^.]+$') AS tld,
    CASE
        WHEN regexp_matches(l.source_site, '(^|\.)(gov|gouv|gob|gv|govt)(\.[a-z]{2})?$') THEN 'gov'
        WHEN regexp_matches(l.source_site, '(^|\.)(edu|ac)(\.[a-z]{2})?$') THEN 'edu'
        WHEN regexp_matches(l.source_site, '(^|\.)mil(\.[a-z]{2})?$') THEN 'mil'
        ELSE 'other'
    END AS tld_class,
    l.decision, l.tags, l.note, l.vendor, l.cost, l.expires, l.outreach
FROM (SELECT *, words(anchor) AS anchor_words FROM links_in) l
LEFT JOIN source_pages s ON s.page_id = l.source_id
LEFT JOIN target_pages t ON t.page_id = l.target_id
