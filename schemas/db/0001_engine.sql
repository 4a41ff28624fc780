-- The engine's tables. Live tables (schema bpmnd) are small and hold what runs; history is append-only: a row is
-- written once, when the thing ends. Ids are int64 from one sequence, taken in blocks of 2^20 by each worker. Nobody
-- but bpmnd reads these tables: analysts have schema report (0002).

CREATE SCHEMA bpmnd;
CREATE SCHEMA history;

-- One value = one block of 2^20 ids: ids value << 20 up to (value + 1) << 20.
CREATE SEQUENCE bpmnd.id_block AS bigint START 1 MAXVALUE 8796093022207;

-- One row: grows with every change of deployments or definitions; nodes compare it with what they have in memory.
CREATE TABLE bpmnd.catalog (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    generation bigint NOT NULL
);
INSERT INTO bpmnd.catalog (generation) VALUES (1);

CREATE TABLE bpmnd.deployment (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    source text,
    deployed_at timestamptz NOT NULL,
    deployed_by text NOT NULL
);

CREATE TABLE bpmnd.resource (
    deployment_id bigint NOT NULL REFERENCES bpmnd.deployment ON DELETE CASCADE,
    name text NOT NULL,
    content bytea NOT NULL,           -- the bytes as they came
    sha256 bytea NOT NULL,
    PRIMARY KEY (deployment_id, name)
);

CREATE TABLE bpmnd.definition (
    id bigint PRIMARY KEY,
    deployment_id bigint NOT NULL REFERENCES bpmnd.deployment ON DELETE CASCADE,
    resource_name text NOT NULL,
    process_index integer NOT NULL,   -- which process of the file, from 0
    key text NOT NULL,
    version integer NOT NULL,
    name text,
    version_tag text,
    tenant text NOT NULL DEFAULT '',
    executable boolean NOT NULL,
    suspended boolean NOT NULL DEFAULT false,
    revision bigint NOT NULL DEFAULT 1,  -- the ETag
    sha256 bytea NOT NULL,            -- of the file
    UNIQUE (tenant, key, version)
);
CREATE INDEX definition_deployment ON bpmnd.definition (deployment_id);

-- What the indexes of a compiled graph mean: rows of history and tokens name nodes and flows by number.
CREATE TABLE bpmnd.element (
    definition_id bigint NOT NULL REFERENCES bpmnd.definition ON DELETE CASCADE,
    node integer NOT NULL,
    element_id text NOT NULL,
    name text,
    type text NOT NULL,               -- BPMN local name
    loop text,                        -- multiInstance, loop; null: runs once
    lane text,
    headers jsonb,                    -- task headers for workers
    form jsonb,                       -- of user tasks and start events, as the diagram has it
    scripts jsonb,                    -- of mappings in JavaScript: {"inputs": {"place": "source"}, "outputs": {..}}
    PRIMARY KEY (definition_id, node)
);
CREATE TABLE bpmnd.flow (
    definition_id bigint NOT NULL REFERENCES bpmnd.definition ON DELETE CASCADE,
    flow integer NOT NULL,
    flow_id text NOT NULL,
    source_id text NOT NULL,
    target_id text NOT NULL,
    PRIMARY KEY (definition_id, flow)
);

-- A running process instance. The row of a root instance is the lock of its tree; version tells caches what is new.
CREATE TABLE bpmnd.instance (
    id bigint PRIMARY KEY,
    root_id bigint NOT NULL,
    parent_id bigint,
    caller_id bigint,                 -- token of the call activity in the parent
    definition_id bigint NOT NULL,
    version bigint NOT NULL,
    status smallint NOT NULL,         -- enum instance_status: 1 running, 2 suspended
    business_key text,
    tenant text NOT NULL DEFAULT '',
    started_at timestamptz NOT NULL,
    started_by text NOT NULL,
    variables jsonb NOT NULL          -- of the process scope
) WITH (fillfactor = 80);
CREATE INDEX instance_definition ON bpmnd.instance (definition_id);
CREATE INDEX instance_tree ON bpmnd.instance (root_id) WHERE parent_id IS NOT NULL;
CREATE INDEX instance_children ON bpmnd.instance (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX instance_business_key ON bpmnd.instance (business_key) WHERE business_key IS NOT NULL;

-- A waiting token; one that stands in a sub-process is that scope, its id is the scope_id of the tokens inside.
CREATE TABLE bpmnd.token (
    id bigint NOT NULL,               -- also the id of the activity in history
    root_id bigint NOT NULL,
    instance_id bigint NOT NULL,
    definition_id bigint NOT NULL,
    scope_id bigint,                  -- null: the process
    node integer NOT NULL,
    flow integer,                     -- the flow it came by
    state smallint NOT NULL,          -- enum token_state
    role smallint NOT NULL DEFAULT 0, -- enum token_role: 1 body of a loop, 2 compensation handler
    loop_counter integer,             -- of an instance of a loop, from 0
    started_at timestamptz NOT NULL,
    variables jsonb,                  -- local variables, or those of the sub-process scope
    PRIMARY KEY (root_id, id)         -- found by their trees only: one index does it
) WITH (fillfactor = 80);

CREATE TABLE bpmnd.task (
    id bigint PRIMARY KEY,
    root_id bigint NOT NULL,
    instance_id bigint NOT NULL,
    definition_id bigint NOT NULL,
    token_id bigint NOT NULL,
    node integer NOT NULL,
    version bigint NOT NULL,          -- the ETag
    priority integer NOT NULL,
    assignee text,
    candidate_users text[],
    candidate_groups text[],
    form text,
    created_at timestamptz NOT NULL,
    due_at timestamptz,
    follow_up_at timestamptz
) WITH (fillfactor = 80);
CREATE INDEX task_root ON bpmnd.task (root_id);
CREATE INDEX task_assignee ON bpmnd.task (assignee, id) WHERE assignee IS NOT NULL;
CREATE INDEX task_candidate_groups ON bpmnd.task USING gin (candidate_groups) WHERE candidate_groups IS NOT NULL;
CREATE INDEX task_candidate_users ON bpmnd.task USING gin (candidate_users) WHERE candidate_users IS NOT NULL;

-- Work for workers and timers. A work job's lock (worker, locked_until) changes without its tree's lock; when a lock
-- has run out and another worker takes the job, it gets a new id, so that the late worker's id is no longer there.
CREATE TABLE bpmnd.job (
    id bigint PRIMARY KEY,
    root_id bigint NOT NULL,
    instance_id bigint NOT NULL,
    definition_id bigint NOT NULL,
    token_id bigint NOT NULL,
    node integer NOT NULL,
    event integer,                    -- timer: its definition in the graph; null: none
    kind smallint NOT NULL,           -- enum job_kind: 1 work, 2 timer or continuation
    tenant text NOT NULL DEFAULT '',
    type text,                        -- work
    due_at timestamptz NOT NULL,      -- timer: fires; work: not before
    repeat bigint NOT NULL DEFAULT 0, -- timer cycle: firings left after this one, -1 without end
    cycle text,                       -- timer cycle: the interval
    retries integer NOT NULL,
    suspended boolean NOT NULL DEFAULT false,
    worker text,
    locked_until timestamptz,
    message text,                     -- of the last failure
    created_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);
CREATE INDEX job_root ON bpmnd.job (root_id, token_id);
-- What can be taken, and what is taken, apart: no search for work passes over the locked, failed or suspended.
CREATE INDEX job_ready ON bpmnd.job (tenant, type, due_at)
    WHERE kind = 1 AND locked_until IS NULL AND retries > 0 AND NOT suspended;
CREATE INDEX job_locked ON bpmnd.job (tenant, type, locked_until) WHERE kind = 1 AND locked_until IS NOT NULL;
CREATE INDEX job_timer ON bpmnd.job (due_at) WHERE kind = 2 AND NOT suspended;

-- A message, signal or condition that is waited for. created_at is the database's clock, as that of bpmnd.outbox is: a
-- signal reaches what waited when it was thrown.
CREATE TABLE bpmnd.subscription (
    id bigint PRIMARY KEY,
    root_id bigint NOT NULL,
    instance_id bigint NOT NULL,
    definition_id bigint NOT NULL,
    token_id bigint,                  -- who waits: an activity, a scope, an event; null: the process
    node integer NOT NULL,            -- the event's, or a receive task's
    event integer NOT NULL,           -- its definition in the graph
    kind smallint NOT NULL,           -- enum subscription_kind: 1 message, 2 signal, 3 condition
    satisfied boolean NOT NULL,       -- condition: it was true when last asked
    name text,                        -- of the message or signal
    correlation jsonb,                -- message: the keys that it declares
    tenant text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 80);
CREATE INDEX subscription_root ON bpmnd.subscription (root_id);
-- By a hash: keys may be longer than an index takes.
CREATE INDEX subscription_message ON bpmnd.subscription (tenant, name, jsonb_hash_extended(correlation, 0)) WHERE kind = 1;
CREATE INDEX subscription_signal ON bpmnd.subscription (tenant, name, root_id) WHERE kind = 2;
CREATE INDEX subscription_condition ON bpmnd.subscription (tenant, root_id) WHERE kind = 3;

-- An activity that has completed and can be compensated.
CREATE TABLE bpmnd.compensation (
    id bigint NOT NULL,               -- its token's
    root_id bigint NOT NULL,
    instance_id bigint NOT NULL,
    definition_id bigint NOT NULL,
    scope_id bigint,                  -- the scope, or the compensation of the sub-process, that it completed in; null: the process
    sequence bigint NOT NULL,         -- order of completion in the instance
    node integer NOT NULL,
    loop_counter integer,
    variables jsonb,                  -- what it saw when it completed
    PRIMARY KEY (root_id, id)
) WITH (fillfactor = 80);

CREATE TABLE bpmnd.incident (
    id bigint PRIMARY KEY,
    root_id bigint NOT NULL,
    instance_id bigint NOT NULL,
    definition_id bigint NOT NULL,
    token_id bigint NOT NULL,
    node integer NOT NULL,
    job_id bigint,
    type text NOT NULL,
    message text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX incident_root ON bpmnd.incident (root_id);

-- Messages and signals on their way to other trees: written in the transaction that throws them, taken out in the one
-- that delivers them; a signal goes page by page, and what it has reached is noted here. Conditions that are to be asked
-- everywhere go the same way.
CREATE TABLE bpmnd.outbox (
    id bigint PRIMARY KEY,
    root_id bigint,                   -- the thrower's tree, which a signal has reached already; null: from a request
    instance_id bigint,
    kind smallint NOT NULL,           -- enum subscription_kind: 1 message, 2 signal, 3 conditions
    name text,                        -- null: conditions
    tenant text NOT NULL DEFAULT '',
    business_key text,
    correlation jsonb,
    variables jsonb,
    sender text NOT NULL,             -- the user; message, signal: a process
    at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,  -- message: kept until then where nobody waits
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_root bigint NOT NULL DEFAULT 0,        -- signal: trees up to here have got it
    starts_done boolean NOT NULL DEFAULT false, -- and its start events
    part integer NOT NULL DEFAULT 0,            -- one that very many wait for has a row for each part of them, by a hash, so
    parts integer NOT NULL DEFAULT 1            -- that several deliver it; a power of two
) WITH (fillfactor = 60);
CREATE INDEX outbox_kind ON bpmnd.outbox (kind, id);

-- Messages that nobody has waited for yet.
CREATE TABLE bpmnd.message (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    tenant text NOT NULL DEFAULT '',
    instance_id bigint,               -- only for this instance and those that it called; null: any
    business_key text,
    correlation jsonb,
    variables jsonb,
    for_all boolean NOT NULL,         -- for all that wait, not for one
    may_administer boolean NOT NULL,  -- as who sent it: without a tenant he reaches the instances of all
    from_instance_id bigint,          -- who threw it; null: a request
    sender text NOT NULL,
    at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX message_name ON bpmnd.message (tenant, name);
CREATE INDEX message_expiry ON bpmnd.message (expires_at);

-- The events that begin instances. Those of the newest version of a process are active.
CREATE TABLE bpmnd.start_event (
    definition_id bigint NOT NULL REFERENCES bpmnd.definition ON DELETE CASCADE,
    node integer NOT NULL,
    event integer NOT NULL,           -- its definition in the graph
    kind smallint NOT NULL,           -- 1 message, 2 signal, 3 condition, 4 timer
    name text,                        -- of the message or signal
    tenant text NOT NULL DEFAULT '',
    first_due_at timestamptz,         -- timer: firings are counted from here, so that months do not drift
    due_at timestamptz,               -- timer: the next firing
    fired bigint NOT NULL DEFAULT 0,  -- timer: firings so far
    repeat bigint NOT NULL DEFAULT 0, -- timer: firings after the first, -1 without end
    cycle text,                       -- timer: the interval
    active boolean NOT NULL DEFAULT true,
    PRIMARY KEY (definition_id, node, event)
) WITH (fillfactor = 80);
CREATE INDEX start_event_name ON bpmnd.start_event (tenant, name) WHERE active AND kind <> 4;
CREATE INDEX start_event_due ON bpmnd.start_event (due_at) WHERE active AND kind = 4;

CREATE FUNCTION bpmnd.has_members(object jsonb, members jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT NOT EXISTS (SELECT FROM jsonb_each(members) m WHERE object -> m.key IS DISTINCT FROM m.value)
$$;

-- Who waits for messages, with what a message may ask of him; suspended instances are passed by. The version is that of his
-- tree.
CREATE VIEW bpmnd.message_wait AS
    SELECT s.id AS subscription_id, s.definition_id, s.node, s.event, s.instance_id, s.root_id, s.name, s.tenant,
           s.correlation, i.business_key, i.variables,
           CASE WHEN s.root_id = i.id THEN i.version
                ELSE (SELECT r.version FROM bpmnd.instance r WHERE r.id = s.root_id) END AS version
      FROM bpmnd.subscription s JOIN bpmnd.instance i ON i.id = s.instance_id
     WHERE s.kind = 1 AND i.status = 1;

-- Who waits for a message: the instance that it names with those that it called, else who has the same correlation keys,
-- else who declares none and has variables that are so, else everybody of that name. A business key must be the receiver's; of a message
-- that a process has thrown it only decides among several. At most `most` rows: two are enough to know that it is not clear.
CREATE FUNCTION bpmnd.message_candidates(wanted_name text, wanted_tenant text, for_instance bigint, key text, keys jsonb,
    thrown boolean, most integer)
RETURNS SETOF bpmnd.message_wait LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
BEGIN
    keys := nullif(keys, '{}');
    IF for_instance IS NOT NULL THEN
        RETURN QUERY
            WITH RECURSIVE tree (id, root_id) AS (
                SELECT i.id, i.root_id FROM bpmnd.instance i WHERE i.id = for_instance
                UNION ALL
                SELECT c.id, c.root_id FROM tree t JOIN bpmnd.instance c ON c.parent_id = t.id
            )
            SELECT w.* FROM tree t JOIN bpmnd.message_wait w ON w.root_id = t.root_id AND w.instance_id = t.id
             WHERE wanted_tenant IN (w.tenant, '') AND w.name = wanted_name AND (key IS NULL OR w.business_key = key)
               AND (keys IS NULL OR bpmnd.has_members(w.variables || coalesce(w.correlation, '{}'), keys))
             LIMIT most;
        RETURN;
    END IF;
    IF keys IS NOT NULL THEN
        RETURN QUERY -- as in lock_message_trees.sql
            SELECT w.* FROM bpmnd.message_wait w
             WHERE w.tenant = wanted_tenant AND w.name = wanted_name
               AND jsonb_hash_extended(w.correlation, 0) = jsonb_hash_extended(keys, 0) AND w.correlation = keys
               AND (key IS NULL OR thrown OR w.business_key = key)
             LIMIT most;
        IF NOT FOUND THEN
            RETURN QUERY
                SELECT w.* FROM bpmnd.message_wait w
                 WHERE w.tenant = wanted_tenant AND w.name = wanted_name
                   -- only who declares no keys, by the index: who does may be very many
                   AND jsonb_hash_extended(w.correlation, 0) IS NULL AND bpmnd.has_members(w.variables, keys)
                   AND (key IS NULL OR thrown OR w.business_key = key)
                 LIMIT most;
        END IF;
        RETURN;
    END IF;
    IF key IS NOT NULL THEN
        RETURN QUERY
            SELECT w.* FROM bpmnd.instance i JOIN bpmnd.message_wait w ON w.root_id = i.root_id AND w.instance_id = i.id
             WHERE i.business_key = key AND w.tenant = wanted_tenant AND w.name = wanted_name
             LIMIT most;
        IF FOUND OR NOT thrown THEN
            RETURN;
        END IF;
    END IF;
    RETURN QUERY
        SELECT w.* FROM bpmnd.message_wait w
         WHERE w.tenant = wanted_tenant AND w.name = wanted_name
         LIMIT most;
END $$;

-- What begins instances now.
CREATE VIEW bpmnd.open_start_event AS
    SELECT e.* FROM bpmnd.start_event e JOIN bpmnd.definition d ON d.id = e.definition_id
     WHERE e.active AND NOT d.suspended;

-- Answers of POSTs that carried an Idempotency-Key, written in the transaction of the effect; kept for 24 h.
CREATE TABLE bpmnd.idempotency (
    principal text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    status smallint NOT NULL,
    etag text,
    location text,
    body text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (principal, key)
);
CREATE INDEX idempotency_age ON bpmnd.idempotency USING brin (created_at);

-- What is to be done to many instances, one after another in the background. Its items are taken with SKIP LOCKED, and
-- what became of one is written in the transaction that does it. Kept for 30 days after its end.
CREATE TABLE bpmnd.operation (
    id bigint PRIMARY KEY,
    definition_id bigint,             -- migrate: the target, by its id or by key and version
    created_at timestamptz NOT NULL,
    ended_at timestamptz,             -- no item is left to be done; those that are pending then never will be
    definition_version integer,
    total integer NOT NULL,
    done integer,                     -- counted when it has completed
    failed integer,
    may_administer boolean NOT NULL,  -- as who created it
    initial_variables boolean NOT NULL, -- restart: with those that the instance began with, else with its last
    dry_run boolean NOT NULL,         -- nothing is done, items say what would be
    canceled boolean NOT NULL DEFAULT false,
    type text NOT NULL,               -- cancel, suspend, resume, modify, migrate, restart
    tenant text NOT NULL,
    created_by text NOT NULL,
    definition_key text,
    reason text,
    trace text,
    input jsonb NOT NULL              -- of the commands, as that of history.step
);
CREATE INDEX operation_open ON bpmnd.operation (id) WHERE ended_at IS NULL;
CREATE INDEX operation_end ON bpmnd.operation (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE bpmnd.operation_item (
    operation_id bigint NOT NULL REFERENCES bpmnd.operation ON DELETE CASCADE,
    instance_id bigint NOT NULL,
    new_instance_id bigint,           -- restart
    nth integer NOT NULL,
    status smallint NOT NULL DEFAULT 0, -- enum db_item_status: 0 pending, 1 done, 2 failed
    error jsonb,                      -- failed: the problem
    PRIMARY KEY (operation_id, nth)
);
CREATE INDEX operation_item_pending ON bpmnd.operation_item (operation_id, nth) WHERE status = 0;
CREATE INDEX operation_item_failed ON bpmnd.operation_item (operation_id, nth) WHERE status = 2;

-- History: range-partitioned by month; bpmnd.make_partitions keeps the next months ready.
CREATE TABLE history.instance (
    id bigint NOT NULL,
    root_id bigint NOT NULL,
    parent_id bigint,
    caller_id bigint,                 -- token of the call activity in the parent
    definition_id bigint NOT NULL,
    status smallint NOT NULL,         -- enum instance_status: 3 completed, 4 terminated, 5 failed, 6 canceled
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    business_key text,
    tenant text,                      -- null: none
    error_code text,
    started_by text,
    end_reason text,
    variables jsonb                   -- of the process scope at the end; null: none
) PARTITION BY RANGE (ended_at);
CREATE INDEX history_instance_id ON history.instance (id);
CREATE INDEX history_instance_children ON history.instance (parent_id) WHERE parent_id IS NOT NULL;

-- A finished activity, start and end in one row.
CREATE TABLE history.activity (
    id bigint NOT NULL,
    instance_id bigint NOT NULL,
    definition_id bigint NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    node integer NOT NULL,
    outcome smallint NOT NULL,        -- enum activity_outcome: 1 completed, 2 canceled, 3 error
    role smallint,                    -- enum token_role; null: plain
    loop_counter integer,             -- of an instance of a loop, from 0
    scope_id bigint,                  -- null: the process
    error_code text
) PARTITION BY RANGE (ended_at);
CREATE INDEX history_activity_instance ON history.activity (instance_id);

-- One step of one instance: who did what, the flows taken (ids id + 1, id + 2, ...), the process variables changed. The
-- rows of a tree, by version, are what `bpmnd replay` does again. Wide columns first: a row has no gaps.
CREATE TABLE history.step (
    id bigint NOT NULL,
    instance_id bigint NOT NULL,
    at timestamptz NOT NULL,
    first_id bigint NOT NULL,         -- the first id that the step could take
    subject_id bigint,                -- task, timer, incident or subscription; of work, its activity
    cause_id bigint,                  -- the step of the instance that the command was about; null: this is it
    version integer NOT NULL,         -- of the root behind the step
    command smallint NOT NULL,        -- enum command_kind
    actor text,
    flows integer[],
    variables jsonb,                  -- null: none, or in history.instance where it ended in its first step
    reason text,
    trace text,                       -- the trace id of the request's traceparent; null: it had none
    input jsonb                       -- what else the command brought (engine/record.h); null: nothing
) PARTITION BY RANGE (at);
CREATE INDEX history_step_instance ON history.step (instance_id);
CREATE INDEX history_step_migration ON history.step (instance_id) WHERE command = 21;

CREATE TABLE history.task (
    id bigint NOT NULL,
    instance_id bigint NOT NULL,
    definition_id bigint NOT NULL,
    activity_id bigint NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    due_at timestamptz,
    node integer NOT NULL,
    priority integer NOT NULL,
    outcome smallint NOT NULL,        -- enum activity_outcome
    assignee text,
    completed_by text,
    comment text
) PARTITION BY RANGE (ended_at);
CREATE INDEX history_task_id ON history.task (id);
CREATE INDEX history_task_instance ON history.task (instance_id);

CREATE TABLE history.comment (
    id bigint PRIMARY KEY,
    instance_id bigint NOT NULL,
    task_id bigint NOT NULL,
    at timestamptz NOT NULL,
    author text NOT NULL,
    text text NOT NULL
);
CREATE INDEX history_comment_task ON history.comment (task_id);

-- What became of a message that a process threw, or that was kept.
CREATE TABLE history.message (
    id bigint NOT NULL,
    name text NOT NULL,
    tenant text NOT NULL,
    at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    from_instance_id bigint,          -- null: a request
    to_instance_id bigint,            -- null: nobody
    outcome smallint NOT NULL         -- 1 delivered, 2 not delivered, 3 expired
) PARTITION BY RANGE (ended_at);
CREATE INDEX history_message_from ON history.message (from_instance_id) WHERE from_instance_id IS NOT NULL;
CREATE INDEX history_message_to ON history.message (to_instance_id) WHERE to_instance_id IS NOT NULL;

-- Makes the partitions of the month of `around` and the `ahead` months after it, where they are missing; a default
-- partition catches the rest. A month whose rows stand in the default partition already stays there; one whose lock is not to
-- be had soon is made at a later time.
CREATE FUNCTION bpmnd.make_partitions(around timestamptz, ahead integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog SET lock_timeout = '1s' AS $$
DECLARE
    parent text;
    partition text;
    first_day timestamp;
BEGIN
    PERFORM pg_advisory_xact_lock(7305809, 2);
    FOREACH parent IN ARRAY ARRAY['instance', 'activity', 'step', 'task', 'message'] LOOP
        FOR ahead_by IN 0..ahead LOOP
            first_day := date_trunc('month', around AT TIME ZONE 'UTC') + make_interval(months => ahead_by);
            partition := parent || to_char(first_day, '_YYYYMM');
            CONTINUE WHEN to_regclass(format('history.%I', partition)) IS NOT NULL;
            BEGIN
                EXECUTE format('CREATE TABLE history.%I PARTITION OF history.%I FOR VALUES FROM (%L) TO (%L)', partition, parent,
                    first_day AT TIME ZONE 'UTC', (first_day + interval '1 month') AT TIME ZONE 'UTC');
            EXCEPTION WHEN check_violation OR lock_not_available THEN
                RAISE WARNING 'partition history.% is not made: %', partition, SQLERRM;
            END;
        END LOOP;
        IF to_regclass(format('history.%I', parent || '_default')) IS NULL THEN
            EXECUTE format('CREATE TABLE history.%I PARTITION OF history.%I DEFAULT', parent || '_default', parent);
        END IF;
    END LOOP;
END $$;
SELECT bpmnd.make_partitions(now(), 2);

-- Stops a batch that was prepared with an older catalog; its shared lock keeps deployments from vanishing under it.
CREATE FUNCTION bpmnd.expect_generation(expected bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(7305809, 1);
    IF NOT EXISTS (SELECT FROM bpmnd.catalog WHERE generation = expected) THEN
        RAISE EXCEPTION 'catalog has changed' USING ERRCODE = 'BP001';
    END IF;
END $$;

-- Opens a change of the catalog: alone until the transaction ends, with a new generation.
CREATE FUNCTION bpmnd.change_catalog() RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    fresh bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(7305809, 1);
    UPDATE bpmnd.catalog SET generation = generation + 1 RETURNING generation INTO fresh;
    RETURN fresh;
END $$;
