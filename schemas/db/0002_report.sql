-- What is read: views over live tables and history together, so that nobody need know that an instance moves from one to the
-- other when it ends. Schema bpmnd has the views of the API (their `document` is what it answers), schema report has those for
-- analysts: documented, stable, and the only ones that anybody but bpmnd may rely on.

CREATE FUNCTION bpmnd.rfc3339(moment timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT rtrim(rtrim(to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.') || 'Z'
$$;

CREATE FUNCTION bpmnd.status_name(status smallint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT (ARRAY['running', 'suspended', 'completed', 'terminated', 'failed', 'canceled'])[status]
$$;

CREATE FUNCTION bpmnd.outcome_name(outcome smallint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT (ARRAY['completed', 'canceled', 'error'])[outcome]
$$;

CREATE FUNCTION bpmnd.token_state_name(state smallint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT (ARRAY['ready', 'task', 'job', 'timer', 'join', 'scope', 'failed-entering', 'failed-leaving',
        'event', 'call', 'before', 'after', 'compensating', 'reset', 'mapping-inputs', 'mapping-outputs'])[state + 1]
$$;

CREATE FUNCTION bpmnd.subscription_kind_name(kind smallint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT (ARRAY['message', 'signal', 'condition'])[kind]
$$;

CREATE FUNCTION bpmnd.message_outcome_name(outcome smallint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT (ARRAY['delivered', 'not delivered', 'expired'])[outcome]
$$;

-- The body of a loop stands at the same element as its instances.
CREATE FUNCTION bpmnd.activity_type(type text, loop text, role smallint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN role IS DISTINCT FROM 1 THEN type ELSE loop || 'Body' END
$$;

CREATE FUNCTION bpmnd.command_name(command smallint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT (ARRAY[
        'start', 'claim', 'release', 'assign', 'complete-task', 'comment', 'complete-job', 'fail-job',
        'throw-error', 'fire-timer', 'retry-incident', 'set-variables', 'cancel', 'suspend', 'resume',
        'message', 'signal', 'conditions', 'start-activity', 'modify', 'migrate'])[command]
$$;

-- The definition whose elements a step of an instance names: what it was migrated from later, else its present one. What
-- a migration itself sets going runs in the new one.
CREATE FUNCTION bpmnd.definition_at(instance_id bigint, present_id bigint, step_version integer)
RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT (m.input->'migration'->>'from')::bigint FROM history.step m
                      WHERE m.instance_id = $1 AND m.command = 21 AND m.cause_id IS NULL AND m.version > $3
                      ORDER BY m.version LIMIT 1), $2)
$$;

-- Where a list goes on: opaque to clients; the tag keeps the cursors of one order from being used with another.
CREATE FUNCTION bpmnd.list_cursor(tag text, key bigint, id bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT translate(encode(convert_to(tag || ':' || key || ':' || id, 'UTF8'), 'base64'), E'+/=\n', '-_')
$$;

-- ---- instances ----

-- The columns of both branches have the same types to the letter: only then does PostgreSQL look into them by index.
CREATE VIEW bpmnd.any_instance AS
    SELECT id, root_id, parent_id, definition_id, version AS revision, status, business_key, tenant, started_at,
           NULL::timestamptz AS ended_at, started_by, NULL::text AS error_code, NULL::text AS end_reason, variables
      FROM bpmnd.instance
    UNION ALL
    SELECT id, root_id, parent_id, definition_id, 0::bigint, status, business_key, coalesce(tenant, ''), started_at,
           ended_at, coalesce(started_by, ''), error_code, end_reason, coalesce(variables, '{}'::jsonb)
      FROM history.instance;

CREATE VIEW bpmnd.instance_document AS
    SELECT i.id, i.root_id, i.parent_id, i.definition_id, i.revision, i.status, i.business_key, i.tenant, i.started_at,
           i.started_by, i.variables, d.key AS definition_key,
           json_build_object(
               'id', i.id::text,
               'definitionId', i.definition_id::text,
               'definitionKey', d.key,
               'version', d.version,
               'businessKey', i.business_key,
               'parentId', i.parent_id::text,
               'rootId', i.root_id::text,
               'status', bpmnd.status_name(i.status),
               'errorCode', i.error_code,
               'incident', EXISTS (SELECT FROM bpmnd.incident f WHERE f.root_id = i.root_id),
               'startedAt', bpmnd.rfc3339(i.started_at),
               'endedAt', bpmnd.rfc3339(i.ended_at)) AS document
      FROM bpmnd.any_instance i
      JOIN bpmnd.definition d ON d.id = i.definition_id;

-- Who has started an instance, or has or had a task in it, sees it.
CREATE FUNCTION bpmnd.takes_part(instance_id bigint, root_id bigint, started_by text, viewer text, viewer_groups text[])
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT started_by = viewer
        OR EXISTS (SELECT FROM bpmnd.task t WHERE t.root_id = $2
                   AND (t.assignee = viewer OR viewer = ANY (t.candidate_users) OR t.candidate_groups && viewer_groups))
        OR EXISTS (SELECT FROM history.task t WHERE t.instance_id = $1 AND (t.assignee = viewer OR t.completed_by = viewer))
$$;

CREATE FUNCTION bpmnd.visible_instance(instance_id bigint, sees_all boolean, viewer text, viewer_groups text[],
    viewer_tenant text)
RETURNS SETOF bpmnd.any_instance LANGUAGE sql STABLE AS $$
    SELECT i.* FROM bpmnd.any_instance i
     WHERE i.id = instance_id
       AND (viewer_tenant IS NULL OR i.tenant = viewer_tenant)
       AND (sees_all OR bpmnd.takes_part(i.id, i.root_id, i.started_by, viewer, viewer_groups))
$$;

-- ---- what happens inside ----

-- Finished activities, and the tokens that wait: an activity's id is its token's.
CREATE VIEW bpmnd.any_activity AS
    SELECT id, instance_id, definition_id, node, role, loop_counter, scope_id, started_at, ended_at, outcome, error_code
      FROM history.activity
    UNION ALL
    SELECT id, instance_id, definition_id, node, role, loop_counter, scope_id, started_at, NULL::timestamptz,
           NULL::smallint, NULL::text
      FROM bpmnd.token;

CREATE VIEW bpmnd.any_task AS
    SELECT id, instance_id, definition_id, token_id AS activity_id, node, version AS revision, priority, assignee,
           coalesce(candidate_users, '{}'::text[]) AS candidate_users, coalesce(candidate_groups, '{}'::text[]) AS candidate_groups, form,
           created_at, due_at, follow_up_at, NULL::timestamptz AS ended_at, NULL::smallint AS outcome,
           NULL::text AS completed_by, NULL::text AS comment
      FROM bpmnd.task
    UNION ALL
    SELECT id, instance_id, definition_id, activity_id, node, 0::bigint, priority, assignee,
           '{}'::text[], '{}'::text[], NULL::text,
           created_at, due_at, NULL::timestamptz, ended_at, outcome,
           completed_by, comment
      FROM history.task;

CREATE VIEW bpmnd.task_document AS
    SELECT t.id, t.instance_id, t.revision, t.priority, t.assignee, t.candidate_users, t.candidate_groups, t.due_at,
           t.ended_at, t.completed_by, t.comment, i.tenant, i.variables, d.key AS definition_key,
           json_build_object(
               'id', t.id::text,
               'instanceId', t.instance_id::text,
               'definitionId', t.definition_id::text,
               'definitionKey', d.key,
               'businessKey', i.business_key,
               'elementId', e.element_id,
               'name', coalesce(e.name, e.element_id),
               'status', coalesce(bpmnd.outcome_name(t.outcome), 'open'),
               'assignee', t.assignee,
               'candidateUsers', t.candidate_users,
               'candidateGroups', t.candidate_groups,
               'priority', t.priority,
               'form', t.form,
               'createdAt', bpmnd.rfc3339(t.created_at),
               'due', bpmnd.rfc3339(t.due_at),
               'followUp', bpmnd.rfc3339(t.follow_up_at),
               'endedAt', bpmnd.rfc3339(t.ended_at),
               'suspended', i.status = 2) AS document, -- the instance is: api/instance_json.c takes it out
           e.form AS form_definition
      FROM bpmnd.any_task t
      JOIN bpmnd.any_instance i ON i.id = t.instance_id
      JOIN bpmnd.definition d ON d.id = t.definition_id
      JOIN bpmnd.element e ON e.definition_id = t.definition_id AND e.node = t.node;

CREATE VIEW bpmnd.incident_document AS
    SELECT f.id, f.instance_id, f.root_id, i.tenant,
           json_build_object(
               'id', f.id::text,
               'instanceId', f.instance_id::text,
               'definitionId', f.definition_id::text,
               'definitionKey', d.key,
               'elementId', e.element_id,
               'elementName', e.name,
               'jobId', f.job_id::text,
               'type', f.type,
               'message', f.message,
               'createdAt', bpmnd.rfc3339(f.created_at)) AS document
      FROM bpmnd.incident f
      JOIN bpmnd.instance i ON i.id = f.instance_id
      JOIN bpmnd.definition d ON d.id = f.definition_id
      JOIN bpmnd.element e ON e.definition_id = f.definition_id AND e.node = f.node;

-- Only those that still run are counted.
CREATE VIEW bpmnd.operation_document AS
    SELECT o.id, o.tenant,
           json_build_object(
               'id', o.id::text,
               'type', o.type,
               'status', CASE WHEN o.canceled THEN 'canceled' WHEN o.ended_at IS NULL THEN 'running' ELSE 'completed' END,
               'dryRun', o.dry_run,
               'total', o.total,
               'done', CASE WHEN o.done IS NOT NULL THEN o.done ELSE (SELECT count(*) FROM bpmnd.operation_item i
                   WHERE i.operation_id = o.id AND i.status = 1) END,
               'failed', CASE WHEN o.failed IS NOT NULL THEN o.failed ELSE (SELECT count(*) FROM bpmnd.operation_item i
                   WHERE i.operation_id = o.id AND i.status = 2) END,
               'reason', o.reason,
               'createdAt', bpmnd.rfc3339(o.created_at),
               'createdBy', o.created_by,
               'endedAt', bpmnd.rfc3339(o.ended_at)) AS document
      FROM bpmnd.operation o;

CREATE VIEW bpmnd.operation_item_document AS
    SELECT i.operation_id, i.nth, i.status, o.tenant, o.ended_at IS NOT NULL AS ended,
           json_build_object(
               'instanceId', i.instance_id::text,
               'status', CASE i.status WHEN 1 THEN 'done' WHEN 2 THEN 'failed' ELSE
                   CASE WHEN o.ended_at IS NULL THEN 'pending' ELSE 'canceled' END END,
               'newInstanceId', i.new_instance_id::text,
               'error', i.error) AS document
      FROM bpmnd.operation_item i
      JOIN bpmnd.operation o ON o.id = i.operation_id;

-- ---- report: for analysts ----
--
-- No role is named here, as roles belong to the cluster and not to a database. An administrator gives a role access with
--     GRANT USAGE ON SCHEMA report TO analyst;
--     GRANT SELECT ON ALL TABLES IN SCHEMA report TO analyst;
-- and nothing else: a view reads the base tables with its owner's rights, so that analysts need none on them.

CREATE SCHEMA report;
COMMENT ON SCHEMA report IS 'Documented views for analysts: running and ended work in one place';

CREATE VIEW report.process_instance AS
    SELECT i.id AS instance_id, i.root_id AS root_instance_id, i.parent_id AS parent_instance_id, i.definition_id,
           d.key AS definition_key, d.version AS definition_version, d.name AS definition_name, d.version_tag,
           i.business_key, i.tenant, bpmnd.status_name(i.status) AS status, i.error_code, i.end_reason,
           i.started_at, i.started_by, i.ended_at, i.ended_at - i.started_at AS duration,
           (SELECT count(*) FROM bpmnd.incident f WHERE f.instance_id = i.id) AS open_incidents
      FROM bpmnd.any_instance i
      JOIN bpmnd.definition d ON d.id = i.definition_id;
COMMENT ON VIEW report.process_instance IS 'One row per process instance, running and ended';
COMMENT ON COLUMN report.process_instance.instance_id IS 'Id of the instance, as in the API';
COMMENT ON COLUMN report.process_instance.root_instance_id IS 'The instance at the top of its tree of calls; its own id for a root';
COMMENT ON COLUMN report.process_instance.parent_instance_id IS 'The instance that called this one; null for a root';
COMMENT ON COLUMN report.process_instance.definition_id IS 'Id of the version of the process that it runs';
COMMENT ON COLUMN report.process_instance.definition_key IS 'Id of the process in its diagram';
COMMENT ON COLUMN report.process_instance.definition_version IS 'Version of the process, counted from 1 for each key';
COMMENT ON COLUMN report.process_instance.definition_name IS 'Name of the process in its diagram; may be null';
COMMENT ON COLUMN report.process_instance.version_tag IS 'Version tag in the diagram; may be null';
COMMENT ON COLUMN report.process_instance.business_key IS 'Key given by who started it; may be null';
COMMENT ON COLUMN report.process_instance.tenant IS 'Tenant; empty where there is none';
COMMENT ON COLUMN report.process_instance.status IS 'running, suspended, completed, terminated, failed or canceled';
COMMENT ON COLUMN report.process_instance.error_code IS 'Code of the error that nothing caught; only where status is failed';
COMMENT ON COLUMN report.process_instance.end_reason IS 'Reason given by who canceled it; may be null';
COMMENT ON COLUMN report.process_instance.started_at IS 'When it was started';
COMMENT ON COLUMN report.process_instance.started_by IS 'User who started it';
COMMENT ON COLUMN report.process_instance.ended_at IS 'When it ended; null while it runs';
COMMENT ON COLUMN report.process_instance.duration IS 'From start to end; null while it runs';
COMMENT ON COLUMN report.process_instance.open_incidents IS 'Number of incidents that wait for a person';

CREATE VIEW report.activity_instance AS
    SELECT a.id AS activity_id, a.instance_id, a.definition_id, d.key AS definition_key, d.version AS definition_version,
           e.element_id, e.name AS element_name, bpmnd.activity_type(e.type, e.loop, a.role) AS element_type, e.lane,
           a.loop_counter, a.scope_id,
           coalesce(bpmnd.outcome_name(a.outcome), 'running') AS state, a.error_code,
           a.started_at, a.ended_at, a.ended_at - a.started_at AS duration
      FROM bpmnd.any_activity a
      JOIN bpmnd.definition d ON d.id = a.definition_id
      JOIN bpmnd.element e ON e.definition_id = a.definition_id AND e.node = a.node;
COMMENT ON VIEW report.activity_instance IS 'One row per passage through an element of a diagram: activities, events and gateways';
COMMENT ON COLUMN report.activity_instance.activity_id IS 'Id of the passage, as in the API';
COMMENT ON COLUMN report.activity_instance.instance_id IS 'Process instance that it belongs to';
COMMENT ON COLUMN report.activity_instance.definition_id IS 'Id of the version of the process';
COMMENT ON COLUMN report.activity_instance.definition_key IS 'Id of the process in its diagram';
COMMENT ON COLUMN report.activity_instance.definition_version IS 'Version of the process';
COMMENT ON COLUMN report.activity_instance.element_id IS 'Id of the element in the diagram';
COMMENT ON COLUMN report.activity_instance.element_name IS 'Name of the element; may be null';
COMMENT ON COLUMN report.activity_instance.element_type IS 'BPMN element, such as userTask or exclusiveGateway; multiInstanceBody or loopBody for what holds the instances of a loop';
COMMENT ON COLUMN report.activity_instance.lane IS 'Lane that the element lies in; null where there is none';
COMMENT ON COLUMN report.activity_instance.loop_counter IS 'Number of the instance of a loop, from 0; null where there is none';
COMMENT ON COLUMN report.activity_instance.scope_id IS 'Activity id of the sub-process or loop around it; null at the top';
COMMENT ON COLUMN report.activity_instance.state IS 'running, completed, canceled or error';
COMMENT ON COLUMN report.activity_instance.error_code IS 'Code of the BPMN error that it ended with; may be null';
COMMENT ON COLUMN report.activity_instance.started_at IS 'When it was entered';
COMMENT ON COLUMN report.activity_instance.ended_at IS 'When it was left; null while it waits';
COMMENT ON COLUMN report.activity_instance.duration IS 'From entering to leaving; null while it waits';

CREATE VIEW report.sequence_flow AS
    SELECT s.id + taken.nth AS passage_id, s.instance_id, d.id AS definition_id, d.key AS definition_key,
           d.version AS definition_version, f.flow_id, f.source_id, f.target_id, s.at AS taken_at
      FROM history.step s
     CROSS JOIN LATERAL unnest(s.flows) WITH ORDINALITY AS taken (flow, nth)
      JOIN bpmnd.any_instance i ON i.id = s.instance_id
      JOIN bpmnd.definition d ON d.id = bpmnd.definition_at(i.id, i.definition_id, s.version)
      JOIN bpmnd.flow f ON f.definition_id = d.id AND f.flow = taken.flow;
COMMENT ON VIEW report.sequence_flow IS 'One row per passage of a token along a sequence flow; in order by taken_at, passage_id';
COMMENT ON COLUMN report.sequence_flow.passage_id IS 'Id of the passage, as in the API';
COMMENT ON COLUMN report.sequence_flow.instance_id IS 'Process instance that it belongs to';
COMMENT ON COLUMN report.sequence_flow.definition_id IS 'Id of the version of the process';
COMMENT ON COLUMN report.sequence_flow.definition_key IS 'Id of the process in its diagram';
COMMENT ON COLUMN report.sequence_flow.definition_version IS 'Version of the process';
COMMENT ON COLUMN report.sequence_flow.flow_id IS 'Id of the sequence flow in the diagram';
COMMENT ON COLUMN report.sequence_flow.source_id IS 'Id of the element that it leaves';
COMMENT ON COLUMN report.sequence_flow.target_id IS 'Id of the element that it enters';
COMMENT ON COLUMN report.sequence_flow.taken_at IS 'When it was taken';

CREATE VIEW report.task AS
    SELECT t.id AS task_id, t.activity_id, t.instance_id, t.definition_id, d.key AS definition_key,
           d.version AS definition_version, e.element_id, e.name AS element_name, e.lane,
           coalesce(bpmnd.outcome_name(t.outcome), 'open') AS state, t.priority, t.assignee, t.candidate_users,
           t.candidate_groups, t.completed_by, t.comment, t.created_at, t.due_at, t.ended_at,
           t.ended_at - t.created_at AS duration, coalesce(t.ended_at, now()) > t.due_at AS overdue
      FROM bpmnd.any_task t
      JOIN bpmnd.definition d ON d.id = t.definition_id
      JOIN bpmnd.element e ON e.definition_id = t.definition_id AND e.node = t.node;
COMMENT ON VIEW report.task IS 'One row per user task, open and ended';
COMMENT ON COLUMN report.task.task_id IS 'Id of the task, as in the API';
COMMENT ON COLUMN report.task.activity_id IS 'Its passage in report.activity_instance';
COMMENT ON COLUMN report.task.instance_id IS 'Process instance that it belongs to';
COMMENT ON COLUMN report.task.definition_id IS 'Id of the version of the process';
COMMENT ON COLUMN report.task.definition_key IS 'Id of the process in its diagram';
COMMENT ON COLUMN report.task.definition_version IS 'Version of the process';
COMMENT ON COLUMN report.task.element_id IS 'Id of the user task in the diagram';
COMMENT ON COLUMN report.task.element_name IS 'Name of the user task; may be null';
COMMENT ON COLUMN report.task.lane IS 'Lane that it lies in; null where there is none';
COMMENT ON COLUMN report.task.state IS 'open, completed, canceled or error';
COMMENT ON COLUMN report.task.priority IS 'Priority, 50 where the diagram says nothing';
COMMENT ON COLUMN report.task.assignee IS 'Who has it, or had it at the end; null: nobody';
COMMENT ON COLUMN report.task.candidate_users IS 'Users who may claim it; empty once it has ended';
COMMENT ON COLUMN report.task.candidate_groups IS 'Groups whose members may claim it; empty once it has ended';
COMMENT ON COLUMN report.task.completed_by IS 'User who completed it; null while it is open, or when it was canceled';
COMMENT ON COLUMN report.task.comment IS 'Comment given on completion; may be null';
COMMENT ON COLUMN report.task.created_at IS 'When it came up';
COMMENT ON COLUMN report.task.due_at IS 'When it should be done; may be null';
COMMENT ON COLUMN report.task.ended_at IS 'When it was completed or canceled; null while it is open';
COMMENT ON COLUMN report.task.duration IS 'From coming up to its end; null while it is open';
COMMENT ON COLUMN report.task.overdue IS 'True when it was, or is by now, later than due; null without a due time';

CREATE VIEW report.variable AS
    SELECT s.instance_id, i.definition_id, d.key AS definition_key, s.scope_id, v.key AS name,
           jsonb_typeof(v.value) AS type, v.value, v.value #>> '{}' AS text_value,
           CASE WHEN jsonb_typeof(v.value) = 'number' THEN v.value::numeric END AS number_value,
           i.ended_at IS NULL AS running
      FROM (SELECT id AS instance_id, NULL::bigint AS scope_id, variables FROM bpmnd.any_instance
            UNION ALL
            SELECT instance_id, id, variables FROM bpmnd.token WHERE variables IS NOT NULL) s
      JOIN bpmnd.any_instance i ON i.id = s.instance_id
      JOIN bpmnd.definition d ON d.id = i.definition_id
     CROSS JOIN LATERAL jsonb_each(s.variables) v
     WHERE s.scope_id IS NULL OR v.key NOT LIKE '#%';
COMMENT ON VIEW report.variable IS 'One row per variable: present values of running instances, last values of ended ones';
COMMENT ON COLUMN report.variable.instance_id IS 'Process instance that it belongs to';
COMMENT ON COLUMN report.variable.definition_id IS 'Id of the version of the process';
COMMENT ON COLUMN report.variable.definition_key IS 'Id of the process in its diagram';
COMMENT ON COLUMN report.variable.scope_id IS 'Activity id of the sub-process or task that it is local to; null: the process';
COMMENT ON COLUMN report.variable.name IS 'Name of the variable';
COMMENT ON COLUMN report.variable.type IS 'string, number, boolean, array, object or null';
COMMENT ON COLUMN report.variable.value IS 'The value as JSON';
COMMENT ON COLUMN report.variable.text_value IS 'The value as plain text';
COMMENT ON COLUMN report.variable.number_value IS 'The value where it is a number, exact; else null';
COMMENT ON COLUMN report.variable.running IS 'True while the instance runs';

CREATE VIEW report.subscription AS
    SELECT s.id AS subscription_id, s.instance_id, s.root_id AS root_instance_id, s.definition_id, d.key AS definition_key,
           d.version AS definition_version, e.element_id, e.name AS element_name, s.token_id AS activity_id,
           bpmnd.subscription_kind_name(s.kind) AS kind, s.name AS event_name, s.correlation, s.tenant, s.created_at
      FROM bpmnd.subscription s
      JOIN bpmnd.definition d ON d.id = s.definition_id
      JOIN bpmnd.element e ON e.definition_id = s.definition_id AND e.node = s.node;
COMMENT ON VIEW report.subscription IS 'One row per message, signal or condition that a running instance waits for';
COMMENT ON COLUMN report.subscription.subscription_id IS 'Id of the wait';
COMMENT ON COLUMN report.subscription.instance_id IS 'Process instance that waits';
COMMENT ON COLUMN report.subscription.root_instance_id IS 'The instance at the top of its tree of calls';
COMMENT ON COLUMN report.subscription.definition_id IS 'Id of the version of the process';
COMMENT ON COLUMN report.subscription.definition_key IS 'Id of the process in its diagram';
COMMENT ON COLUMN report.subscription.definition_version IS 'Version of the process';
COMMENT ON COLUMN report.subscription.element_id IS 'Id of the event or receive task in the diagram';
COMMENT ON COLUMN report.subscription.element_name IS 'Its name; may be null';
COMMENT ON COLUMN report.subscription.activity_id IS 'The passage that waits: of the event itself, of the activity that it is attached to, of the sub-process around it; null: the process';
COMMENT ON COLUMN report.subscription.kind IS 'message, signal or condition';
COMMENT ON COLUMN report.subscription.event_name IS 'Name of the message or signal; null for a condition';
COMMENT ON COLUMN report.subscription.correlation IS 'Correlation keys and the values that a message must have; null: none declared';
COMMENT ON COLUMN report.subscription.tenant IS 'Tenant; empty where there is none';
COMMENT ON COLUMN report.subscription.created_at IS 'Since when it is waited for';

CREATE VIEW report.message AS
    SELECT m.id AS message_id, m.name, m.tenant, bpmnd.message_outcome_name(m.outcome) AS state, m.at AS sent_at,
           m.ended_at, NULL::timestamptz AS expires_at, m.from_instance_id, m.to_instance_id
      FROM history.message m
    UNION ALL
    SELECT k.id, k.name, k.tenant, 'kept', k.at, NULL, k.expires_at, k.from_instance_id, NULL
      FROM bpmnd.message k
    UNION ALL
    SELECT o.id, o.name, o.tenant, 'sent', o.at, NULL, o.expires_at, o.instance_id, NULL
      FROM bpmnd.outbox o
     WHERE o.kind = 1;
COMMENT ON VIEW report.message IS 'One row per message that a process threw or that was kept; what a request delivers at once is in the steps of the instance that took it';
COMMENT ON COLUMN report.message.message_id IS 'Id of the message';
COMMENT ON COLUMN report.message.name IS 'Name of the message';
COMMENT ON COLUMN report.message.tenant IS 'Tenant; empty where there is none';
COMMENT ON COLUMN report.message.state IS 'sent (on its way), kept (nobody has waited for it yet), delivered, not delivered or expired';
COMMENT ON COLUMN report.message.sent_at IS 'When it was thrown or came in';
COMMENT ON COLUMN report.message.ended_at IS 'When it was delivered or given up; null while it is on its way or kept';
COMMENT ON COLUMN report.message.expires_at IS 'Until when it is kept; null once it has ended';
COMMENT ON COLUMN report.message.from_instance_id IS 'Process instance that threw it; null: it came by a request';
COMMENT ON COLUMN report.message.to_instance_id IS 'Process instance that took it, or was started by it; null: none';
