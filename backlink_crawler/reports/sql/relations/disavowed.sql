-- What people decided to disavow, as lines of a disavow file. A link is disavowed by the page it stands on.
SELECT
    CASE kind
        WHEN 'site' THEN 'domain:' || key
        WHEN 'host' THEN 'domain:' || key
        WHEN 'link' THEN source_url
        ELSE key
    END AS line,
    kind, key, note, marked
FROM marks
WHERE decision = 'disavow'
