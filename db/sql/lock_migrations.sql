-- One migrator at a time, until its connection ends.
SELECT pg_catalog.pg_advisory_lock(7305809, 0)
