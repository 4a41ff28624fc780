-- A signal has reached these trees, and its start events. Where there are ids, what is left of it is parted, and this row
-- is the first part.
-- $1 int8: id
-- $2 int8: the last tree
-- $3 int8[]: ids of the other parts
WITH others AS (
    INSERT INTO bpmnd.outbox (
        id, root_id, instance_id, kind, name, tenant, variables, sender, at, expires_at, created_at, last_root,
        starts_done, part, parts
    )
    SELECT n.id, o.root_id, o.instance_id, o.kind, o.name, o.tenant, o.variables, o.sender, o.at, o.expires_at,
        o.created_at, $2::bigint, true, n.part, cardinality($3::bigint[]) + 1
    FROM unnest($3::bigint[]) WITH ORDINALITY AS n (id, part)
    JOIN bpmnd.outbox AS o ON o.id = $1::bigint
)
UPDATE bpmnd.outbox AS o SET last_root = $2::bigint, starts_done = true,
    parts = CASE cardinality($3::bigint[]) WHEN 0 THEN o.parts ELSE cardinality($3::bigint[]) + 1 END
WHERE o.id = $1::bigint
