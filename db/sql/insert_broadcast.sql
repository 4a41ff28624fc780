-- A signal, or the wish to have all conditions asked, for every tree. Answers with how many conditions
-- are to be asked; those who wait for a signal may be many, and nobody counts them.
-- $1 int8: id
-- $2 int2: kind
-- $3 text: name, null: conditions
-- $4 text: tenant
-- $5 jsonb: variables
-- $6 text: sender
-- $7 timestamptz: at
WITH posted AS (
    INSERT INTO bpmnd.outbox (id, kind, name, tenant, variables, sender, at, expires_at)
    VALUES ($1::bigint, $2::smallint, $3::text, $4::text, $5::jsonb, $6::text, $7::timestamptz, $7::timestamptz)
)
SELECT count(*)::integer
FROM bpmnd.subscription AS s
WHERE $2::smallint = 3 AND s.kind = 3 AND s.tenant = $4::text
