-- Notes that a migration has run.
-- $1 int4: number
-- $2 text: name
INSERT INTO bpmnd_schema.migration (number, name) VALUES ($1::integer, $2::text)
