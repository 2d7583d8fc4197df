-- What happened, each thing once: a move takes the place of the loss that it explains.
SELECT * FROM events_in e
WHERE NOT (
    e.event = 'lost'
    AND EXISTS (FROM events_in m WHERE m.event = 'moved' AND m.link_id = e.link_id AND m.revision = e.revision)
)
