-- Stores answers, in the order given.
-- $1 text[]: principal
-- $2 text[]: key
-- $3 bytea[]: request_hash
-- $4 int2[]: status
-- $5 text[]: etag
-- $6 text[]: location
-- $7 text[]: body
-- $8 timestamptz[]: created_at
INSERT INTO bpmnd.idempotency (principal, key, request_hash, status, etag, location, body, created_at)
SELECT *
FROM unnest(
    $1::text[], $2::text[], $3::bytea[], $4::smallint[], $5::text[], $6::text[], $7::text[], $8::timestamptz[]
) AS r
