-- Sites that link to what is asked for and to at least so many competitors as asked for (--min).
SELECT source_site
FROM linking_sites
WHERE NOT list_contains(getvariable('sites') || getvariable('versus'), source_site)
GROUP BY source_site
HAVING count(*) FILTER (list_contains(getvariable('versus'), target_site)) >= getvariable('least')
    AND count(*) FILTER (list_contains(getvariable('sites'), target_site)) > 0
