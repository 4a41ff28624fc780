-- Fails with BP001 when the catalog is not the one expected; holds it as it is until the transaction ends.
-- $1 int8: generation
SELECT bpmnd.expect_generation($1::bigint)
