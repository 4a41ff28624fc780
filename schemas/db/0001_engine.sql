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
    lane text,
    headers jsonb,                    -- task headers for workers
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
CREATE INDEX instance_children ON bpmnd.instance (root_id) WHERE parent_id IS NOT NULL;
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
    kind smallint NOT NULL,           -- enum job_kind: 1 work, 2 timer
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

-- History: range-partitioned by month; bpmnd.make_partitions keeps the next months ready.
CREATE TABLE history.instance (
    id bigint NOT NULL,
    root_id bigint NOT NULL,
    parent_id bigint,
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

-- A finished activity, start and end in one row.
CREATE TABLE history.activity (
    id bigint NOT NULL,
    instance_id bigint NOT NULL,
    definition_id bigint NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    node integer NOT NULL,
    outcome smallint NOT NULL,        -- enum activity_outcome: 1 completed, 2 canceled, 3 error
    scope_id bigint,                  -- null: the process
    error_code text
) PARTITION BY RANGE (ended_at);
CREATE INDEX history_activity_instance ON history.activity (instance_id);

-- One step of one instance: who did what, the flows taken (ids id + 1, id + 2, ...), the process variables changed.
CREATE TABLE history.step (
    id bigint NOT NULL,
    instance_id bigint NOT NULL,
    at timestamptz NOT NULL,
    command smallint NOT NULL,        -- enum command_kind
    subject_id bigint,                -- task, job or incident
    actor text,
    flows integer[],
    variables jsonb,                  -- null: none, or in history.instance where it ended in its first step
    reason text,
    trace text                        -- the trace id of the request's traceparent; null: it had none
) PARTITION BY RANGE (at);
CREATE INDEX history_step_instance ON history.step (instance_id);

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
    FOREACH parent IN ARRAY ARRAY['instance', 'activity', 'step', 'task'] LOOP
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
