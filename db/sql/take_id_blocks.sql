-- Takes blocks of 2^20 ids.
-- $1 int4: how many
SELECT nextval('bpmnd.id_block'::regclass) FROM generate_series(1, $1::integer)
