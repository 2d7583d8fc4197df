-- Sites that link to us and to competitors, and who has how many
-- columns: source_site, ours, ours_follow, theirs, theirs_follow, competitors, shares
-- sort: -competitors, -theirs, source_site
-- dated: first_seen
-- needs: versus
-- note: A site counts as linking while at least one of its links is not known to be lost.
-- column ours: its links to us, not known to be lost
-- column ours_follow: of these, how many are followed
-- column theirs: its links to competitors
-- column theirs_follow: of these, how many are followed
-- column competitors: how many of the competitors it links to
-- column most_linked: whom it links to most: us, or a competitor
-- column shares: each of them with how many links, the most first
WITH by_target AS (
    SELECT
        source_site, target_site,
        list_contains(getvariable('sites'), target_site) AS is_ours,
        sum(links)::BIGINT AS links,
        coalesce(sum(links) FILTER (follow), 0)::BIGINT AS follow,
        min(first_seen) AS first_seen
    FROM shared_links
    GROUP BY source_site, target_site
)
SELECT
    source_site,
    coalesce(sum(links) FILTER (is_ours), 0)::BIGINT AS ours,
    coalesce(sum(follow) FILTER (is_ours), 0)::BIGINT AS ours_follow,
    coalesce(sum(links) FILTER (NOT is_ours), 0)::BIGINT AS theirs,
    coalesce(sum(follow) FILTER (NOT is_ours), 0)::BIGINT AS theirs_follow,
    count(*) FILTER (NOT is_ours) AS competitors,
    list(target_site ORDER BY links DESC, target_site)[1] AS most_linked,
    list(target_site || ' ' || links ORDER BY links DESC, target_site) AS shares,
    min(first_seen) AS first_seen
FROM by_target
GROUP BY source_site
