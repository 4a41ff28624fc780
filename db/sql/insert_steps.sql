-- Steps; each has a slice of the flows taken.
-- $1 int8[]: id
-- $2 int8[]: instance_id
-- $3 timestamptz[]: at
-- $4 int2[]: command
-- $5 int8[]: subject_id
-- $6 text[]: actor
-- $7 int4[]: first_flow
-- $8 int4[]: flow_count
-- $9 jsonb[]: variables
-- $10 text[]: reason
-- $11 text[]: trace
-- $12 int8[]: cause_id
-- $13 int8[]: first_id
-- $14 int4[]: version
-- $15 jsonb[]: input
-- $16 int4[]: the flows of all steps
INSERT INTO history.step (
    id, instance_id, at, command, subject_id, actor, flows, variables, reason, trace, cause_id, first_id, version, input
)
SELECT r.id, r.instance_id, r.at, r.command, r.subject_id, r.actor,
    CASE WHEN r.flow_count > 0 THEN ($16::integer[])[r.first_flow + 1 : r.first_flow + r.flow_count] END,
    r.variables, r.reason, r.trace, r.cause_id, r.first_id, r.version, r.input
FROM unnest(
    $1::bigint[], $2::bigint[], $3::timestamptz[], $4::smallint[], $5::bigint[], $6::text[], $7::integer[],
    $8::integer[], $9::jsonb[], $10::text[], $11::text[], $12::bigint[], $13::bigint[], $14::integer[], $15::jsonb[]
) AS r (
    id, instance_id, at, command, subject_id, actor, first_flow, flow_count, variables, reason, trace, cause_id,
    first_id, version, input
)
