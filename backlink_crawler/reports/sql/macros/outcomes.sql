-- What an answer, or its absence, says of a page: the same words as in what every report opens with.

-- Why a page could not be looked at; null where the server said something of the page itself.
CREATE MACRO unknown_cause(outcome, http_status) AS CASE
    WHEN outcome = 'blocked_by_robots' THEN 'robots'
    WHEN outcome = 'challenge' THEN 'challenge'
    WHEN outcome = 'network_error' THEN 'network'
    WHEN outcome = 'certificate_error' THEN 'certificate'
    WHEN outcome = 'unsafe_address' THEN 'unsafe address'
    -- With these a server turns a crawler away: like 5xx, they say nothing of the page's links.
    WHEN outcome = 'http_error' AND http_status IN (401, 403, 429) THEN 'refused'
    WHEN outcome = 'http_error' AND http_status >= 500 THEN 'server error'
END;
