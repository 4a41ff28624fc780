-- What became of messages.
-- $1 int8[]: id
-- $2 text[]: name
-- $3 text[]: tenant
-- $4 timestamptz[]: at
-- $5 timestamptz[]: ended_at
-- $6 int8[]: from_instance_id
-- $7 int8[]: to_instance_id
-- $8 int2[]: outcome
INSERT INTO history.message (id, name, tenant, at, ended_at, from_instance_id, to_instance_id, outcome)
SELECT *
FROM unnest(
    $1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::bigint[], $7::bigint[],
    $8::smallint[]
) AS r
