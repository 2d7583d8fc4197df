-- Links day by day
-- columns: day, live, new, discovered, restored, lost, moved, live_follow
-- sort: day
-- days: 30
-- opening: days_summed
-- omit quiet: Days on which nothing changed are left out.
-- group part: history-by-part
-- note: Live means not known to be lost: links whose page could not be looked at are among them. Moved ones are among the lost. Days are UTC.
-- column live_follow: of the live ones, those that are followed
-- column live_content: of the live ones, those in the content
-- column day: a UTC day
-- column live: links at its end
-- column new: found on a page that was read before without them, or on a page published since its site is known
-- column discovered: found together with their page, so how old they are is not known
-- column restored: lost before, and back
-- column lost: lost that day
-- column moved: of these: to another page of their site
-- column live_nav: of the live ones, those in the nav
-- column live_header: of the live ones, those in the header
-- column live_footer: of the live ones, those in the footer
-- column live_aside: of the live ones, those in the aside
-- column live_comment: of the live ones, those in comments
-- column quiet: nothing changed on it, and it is neither the first nor the last one asked for
SELECT
    day::DATE AS day,
    sum(live)::BIGINT AS live,
    sum("new")::BIGINT AS "new",
    sum(discovered)::BIGINT AS discovered,
    sum(restored)::BIGINT AS restored,
    sum(lost)::BIGINT AS lost,
    sum(moved)::BIGINT AS moved,
    coalesce(sum(live) FILTER (follow), 0)::BIGINT AS live_follow,
    coalesce(sum(live) FILTER (region = 'content'), 0)::BIGINT AS live_content,
    coalesce(sum(live) FILTER (region = 'nav'), 0)::BIGINT AS live_nav,
    coalesce(sum(live) FILTER (region = 'header'), 0)::BIGINT AS live_header,
    coalesce(sum(live) FILTER (region = 'footer'), 0)::BIGINT AS live_footer,
    coalesce(sum(live) FILTER (region = 'aside'), 0)::BIGINT AS live_aside,
    coalesce(sum(live) FILTER (region = 'comment'), 0)::BIGINT AS live_comment,
    NOT bool_or("new" > 0 OR discovered > 0 OR restored > 0 OR lost > 0 OR "changed" <> 0)
        AND day > min(day) OVER () AND day < max(day) OVER () AS quiet
FROM daily
GROUP BY day
