-- Links day by day, by whether they are followed and where they stand
-- columns: day, follow, region, live, new, discovered, restored, lost, moved, changed
-- sort: day, -follow, region
-- days: 30
-- note: Live means not known to be lost: links whose page could not be looked at are among them. Moved ones are among the lost. Days are UTC. A day without links has one row of zeros.
-- column day: a UTC day
-- column follow: of the links, that day
-- column region: where they stand, that day
-- column live: links at its end
-- column new: found on a page that was read before without them, or on a page published since its site is known
-- column discovered: found together with their page, so how old they are is not known
-- column restored: lost before, and back
-- column lost: lost that day
-- column moved: of these: to another page of their site
-- column changed: turned to this part, less those turned from it
SELECT
    day::DATE AS day, follow, region,
    sum(live)::BIGINT AS live,
    sum("new")::BIGINT AS "new",
    sum(discovered)::BIGINT AS discovered,
    sum(restored)::BIGINT AS restored,
    sum(lost)::BIGINT AS lost,
    sum(moved)::BIGINT AS moved,
    sum("changed")::BIGINT AS "changed"
FROM daily
GROUP BY ALL
