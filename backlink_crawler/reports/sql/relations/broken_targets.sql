-- Pages of ours that are dead or redirect, with the way in which they are (state). What could not be seen is not
-- called broken: a refusal (401, 403, 429), robots.txt or a challenge may be meant for us only.
WITH ends AS (
    SELECT
        *,
        -- A redirect is judged by where it ends, as far as that is known.
        outcome = 'redirect' AND chain_end IS NOT NULL AS followed,
        CASE WHEN followed THEN final_outcome ELSE outcome END AS end_outcome,
        CASE WHEN followed THEN final_status ELSE http_status END AS end_status,
        CASE WHEN followed THEN final_soft_404 ELSE soft_404 END AS end_soft_404
    FROM broken_pages
)
SELECT
    page_id, url, http_status, final_url, final_status, chain, last_visited,
    CASE
        WHEN followed AND chain_end IN ('loop', 'too_long') THEN chain_end
        WHEN end_outcome = 'http_error' AND end_status IN (404, 410) THEN 'gone'
        WHEN end_outcome = 'http_error' AND end_status >= 500 THEN 'server_error'
        WHEN end_outcome IN ('network_error', 'certificate_error') THEN 'no_answer'
        WHEN end_soft_404 THEN 'soft_404'
        WHEN outcome = 'redirect' THEN 'redirected'
    END AS state
FROM ends
WHERE state IS NOT NULL
