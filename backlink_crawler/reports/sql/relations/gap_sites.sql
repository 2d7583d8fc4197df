-- Sites that link to at least so many competitors as asked for (--min), and not to what is asked for.
SELECT source_site
FROM linking_sites
-- Neither our own sites nor competitors are prospects.
WHERE NOT list_contains(getvariable('sites') || getvariable('versus'), source_site)
GROUP BY source_site
HAVING count(*) FILTER (list_contains(getvariable('versus'), target_site)) >= getvariable('least')
    AND count(*) FILTER (list_contains(getvariable('sites'), target_site)) = 0
