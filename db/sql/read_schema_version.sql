-- The number of the last migration that has run, 0: none.
SELECT coalesce(max(m.number), 0) FROM bpmnd_schema.migration AS m
