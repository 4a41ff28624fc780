-- The stored answers among those asked for.
-- $1 text[]: principal
-- $2 text[]: key
SELECT a.principal, a.key, a.request_hash, a.status, a.etag, a.location, a.body, a.created_at
FROM unnest($1::text[], $2::text[]) AS w (principal, key)
JOIN bpmnd.idempotency AS a ON a.principal = w.principal AND a.key = w.key
