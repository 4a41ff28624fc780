-- The settings of a connection. A commit waits for the disk at least; a node that hangs or has gone lets go of its row
-- locks within about ten seconds. The runtime's statements find a few rows by index, always: they are planned once and
-- not after the statistics of tables that may have been empty a minute ago. The API's reads are planned each time, by
-- what they ask for: one statement has many filters.
-- $1 text: statement_timeout in milliseconds, "0": none
-- $2 bool: a connection for reads
SELECT
    pg_catalog.set_config('search_path', 'pg_catalog', false),
    pg_catalog.set_config('TimeZone', 'UTC', false),
    pg_catalog.set_config('synchronous_commit',
        CASE pg_catalog.current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END,
        false),
    pg_catalog.set_config('default_transaction_isolation', 'read committed', false),
    pg_catalog.set_config('client_min_messages', 'error', false),
    pg_catalog.set_config('idle_in_transaction_session_timeout', '10s', false),
    pg_catalog.set_config('tcp_keepalives_idle', '4', false),
    pg_catalog.set_config('tcp_keepalives_interval', '2', false),
    pg_catalog.set_config('tcp_keepalives_count', '3', false),
    pg_catalog.set_config('tcp_user_timeout', '10000', false),
    pg_catalog.set_config('statement_timeout', $1::text, false),
    pg_catalog.set_config('jit', 'off', false),
    pg_catalog.set_config('max_parallel_workers_per_gather', '0', false),
    pg_catalog.set_config('plan_cache_mode', CASE WHEN $2::boolean THEN 'force_custom_plan' ELSE 'force_generic_plan' END, false),
    pg_catalog.set_config('enable_seqscan', CASE WHEN $2::boolean THEN 'on' ELSE 'off' END, false),
    pg_catalog.set_config('enable_hashjoin', CASE WHEN $2::boolean THEN 'on' ELSE 'off' END, false),
    pg_catalog.set_config('enable_mergejoin', CASE WHEN $2::boolean THEN 'on' ELSE 'off' END, false)
