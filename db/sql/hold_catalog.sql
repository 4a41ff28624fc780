-- Keeps deployments from vanishing until the transaction ends. Before anything else is locked.
SELECT pg_advisory_xact_lock_shared(7305809, 1)
