-- Referring networks
-- note: Neighbours in one network may have one owner.
-- columns: source_subnet, referring_domains, hosts, backlinks, follow, first_seen, domains
-- sort: -referring_domains, -backlinks, source_subnet
-- dated: first_seen
-- column source_subnet: /24 (IPv4) or /48 (IPv6) of the addresses that the pages were read from; null: not known
-- column referring_domains: sites that link from there
-- column hosts: their hosts
-- column backlinks: live links
-- column follow: how many of them are followed
-- column domains: the sites, by name, the first ten
SELECT
    source_subnet,
    count(DISTINCT source_site) AS referring_domains, count(DISTINCT source_host) AS hosts,
    count(*) AS backlinks, count(*) FILTER (follow) AS follow,
    min(first_seen) AS first_seen, max(last_seen) AS last_seen,
    list_sort(list(DISTINCT source_site))[:10] AS domains
FROM backlinks
WHERE status = 'live'
GROUP BY source_subnet
