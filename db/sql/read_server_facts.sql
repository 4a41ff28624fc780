-- What an acknowledged commit is worth on this server: fsync, full_page_writes, a standby is waited for, a standby is
-- there.
SELECT
    current_setting('fsync')::boolean,
    current_setting('full_page_writes')::boolean,
    current_setting('synchronous_standby_names') <> '',
    EXISTS (SELECT FROM pg_catalog.pg_stat_replication)
