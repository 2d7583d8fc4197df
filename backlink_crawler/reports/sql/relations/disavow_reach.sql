-- Links that are not lost, under every line of a disavow file that would cover them: their page's URL, and each domain
-- above its host, as a domain line covers subdomains.
SELECT DISTINCT link_id, source_url, source_site, follow, unnest(list_append(
    list_transform(
        range(1, len(string_split(source_host, '.')) + 1),
        lambda nth : 'domain:' || array_to_string(list_slice(string_split(source_host, '.'), nth, -1), '.')
    ),
    source_url
)) AS line
FROM backlinks
WHERE status <> 'lost'
