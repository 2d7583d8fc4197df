-- Lines of a disavow file, and what each would take away
-- columns: line, links, follow, sites, note, marked
-- sort: -links, line
-- column line: as it stands in the file
-- column links: links not known to be lost that it covers
-- column sites: referring domains of these
-- column example: a page that carries one
SELECT
    d.line, d.kind, d.note, d.marked,
    count(r.link_id) AS links,
    count(r.link_id) FILTER (r.follow) AS follow,
    count(DISTINCT r.source_site) AS sites,
    min(r.source_url) AS example
FROM disavowed d
LEFT JOIN disavow_reach r ON r.line = d.line
GROUP BY ALL
