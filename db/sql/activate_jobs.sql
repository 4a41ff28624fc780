-- Takes work: first what was taken before and not done in time, which gets a new id (a block of its own, as blocks are
-- plenty), then what nobody has, oldest first. The ids go to read_activated_jobs through a setting of the transaction.
-- $1 text: type
-- $2 text: worker
-- $3 int4: how many at most
-- $4 timestamptz: now
-- $5 timestamptz: locked until
-- $6 text: tenant, empty for none
-- $7 int8[]: jobs whose outcome this transaction is told: late or not, they are not taken over
WITH late AS (
    SELECT j.id
    FROM bpmnd.job AS j
    WHERE j.kind = 1 AND j.tenant = $6::text AND j.type = $1::text AND j.locked_until <= $4::timestamptz
        AND j.retries > 0 AND NOT j.suspended AND j.due_at <= $4::timestamptz AND j.id <> ALL ($7::bigint[])
    ORDER BY j.locked_until
    LIMIT $3::integer
    FOR UPDATE SKIP LOCKED
), ready AS (
    SELECT j.id
    FROM bpmnd.job AS j
    WHERE j.kind = 1 AND j.tenant = $6::text AND j.type = $1::text AND j.locked_until IS NULL AND j.retries > 0
        AND NOT j.suspended AND j.due_at <= $4::timestamptz
    ORDER BY j.due_at
    LIMIT $3::integer - (SELECT count(*) FROM late)
    FOR UPDATE SKIP LOCKED
), found AS (
    SELECT l.id, nextval('bpmnd.id_block'::regclass) << 20 AS new_id FROM late AS l
    UNION ALL
    SELECT r.id, r.id FROM ready AS r
), taken AS (
    UPDATE bpmnd.job AS j SET id = f.new_id, worker = $2::text, locked_until = $5::timestamptz
    FROM found AS f
    WHERE j.id = f.id
    RETURNING j.id
)
SELECT set_config('bpmnd.activated', coalesce(array_agg(t.id), '{}'::bigint[])::text, true) FROM taken AS t
