-- What became of items.
-- $1 int8: operation_id
-- $2 int4[]: nth
-- $3 int2[]: status
-- $4 jsonb[]: error
-- $5 int8[]: new_instance_id
UPDATE bpmnd.operation_item AS i SET
    status = r.status, error = r.error, new_instance_id = r.new_instance_id
FROM unnest($2::integer[], $3::smallint[], $4::jsonb[], $5::bigint[]) AS r (nth, status, error, new_instance_id)
WHERE i.operation_id = $1::bigint AND i.nth = r.nth
