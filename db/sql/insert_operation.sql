-- An operation with its items: the instances that are named, or those that are found. Answers with how many there are; of too
-- many nothing is stored.
-- $1 int8: id
-- $2 text: type
-- $3 text: tenant
-- $4 timestamptz: created_at
-- $5 text: created_by
-- $6 bool: may_administer
-- $7 bool: dry_run
-- $8 text: reason
-- $9 jsonb: input
-- $10 int8: definition_id
-- $11 text: definition_key
-- $12 int4: definition_version
-- $13 bool: initial_variables
-- $14 text: trace
-- $15 int4: how many items at most
-- $16 int8[]: instances; null: by what follows, each null: any
-- $17 text: key of the process
-- $18 int8: definition
-- $19 int2: status
-- $20 text: business key
-- $21 timestamptz: started before
-- $22 timestamptz: started after
-- $23 bool: only those that nobody called
-- $24 bool: those that have ended, too
-- $25 bool: of all tenants
WITH found AS NOT MATERIALIZED (
    SELECT i.id, i.parent_id, i.definition_id, i.status, i.business_key, i.tenant, i.started_at
      FROM bpmnd.instance i
     WHERE $16::bigint[] IS NULL
    UNION ALL
    SELECT h.id, h.parent_id, h.definition_id, h.status, h.business_key, coalesce(h.tenant, ''), h.started_at
      FROM history.instance h
     WHERE $16::bigint[] IS NULL AND $24::boolean
), chosen AS MATERIALIZED (
    SELECT u.id FROM unnest($16::bigint[]) AS u (id) GROUP BY u.id
    UNION ALL
    (SELECT f.id FROM found f
      WHERE ($17::text IS NULL OR f.definition_id IN (SELECT d.id FROM bpmnd.definition d WHERE d.key = $17::text))
        AND ($18::bigint IS NULL OR f.definition_id = $18::bigint)
        AND ($19::smallint IS NULL OR f.status = $19::smallint)
        AND ($20::text IS NULL OR f.business_key = $20::text)
        AND ($21::timestamptz IS NULL OR f.started_at < $21::timestamptz)
        AND ($22::timestamptz IS NULL OR f.started_at > $22::timestamptz)
        AND ($25::boolean OR f.tenant = $3::text)
        AND (NOT $23::boolean OR f.parent_id IS NULL)
      LIMIT $15::integer + 1)
), counted AS (
    SELECT count(*)::integer AS total FROM chosen
), stored AS (
    INSERT INTO bpmnd.operation (id, type, tenant, created_at, created_by, may_administer, dry_run, reason, input,
        definition_id, definition_key, definition_version, initial_variables, trace, total, ended_at)
    SELECT $1::bigint, $2::text, $3::text, $4::timestamptz, $5::text, $6::boolean, $7::boolean, $8::text, $9::jsonb,
        $10::bigint, $11::text, $12::integer, $13::boolean, $14::text, c.total,
        CASE WHEN c.total = 0 THEN $4::timestamptz END
      FROM counted c
     WHERE c.total <= $15::integer
), items AS (
    INSERT INTO bpmnd.operation_item (operation_id, nth, instance_id)
    SELECT $1::bigint, row_number() OVER (ORDER BY h.id), h.id
      FROM chosen h, counted c
     WHERE c.total <= $15::integer
)
SELECT c.total FROM counted c
