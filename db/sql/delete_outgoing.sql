-- What has been delivered, or given up, leaves the outbox.
-- $1 int8[]: ids
DELETE FROM bpmnd.outbox AS o WHERE o.id = ANY ($1::bigint[])
