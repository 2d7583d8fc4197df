-- One row: the days asked for, all together.
SELECT
    min(day)::DATE AS since,
    max(day)::DATE AS until,
    coalesce(sum(live - "new" - discovered - restored + lost) FILTER (day = first_day), 0)::BIGINT AS live_before,
    coalesce(sum(live) FILTER (day = last_day), 0)::BIGINT AS live,
    coalesce(sum("new"), 0)::BIGINT AS "new",
    coalesce(sum(discovered), 0)::BIGINT AS discovered,
    coalesce(sum(restored), 0)::BIGINT AS restored,
    coalesce(sum(lost), 0)::BIGINT AS lost,
    coalesce(sum(moved), 0)::BIGINT AS moved
FROM daily, (SELECT min(day) AS first_day, max(day) AS last_day FROM daily)
