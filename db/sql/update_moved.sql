-- Rows that name elements of another definition since their instance was migrated. Of a row that was moved twice the last
-- move counts.
-- $1 int2[]: kind, enum moved_kind
-- $2 int8[]: root_id
-- $3 int8[]: id; of work jobs the token's
-- $4 int8[]: definition_id
-- $5 int4[]: node
-- $6 int4[]: event
-- $7 int4[]: flow
WITH moved AS MATERIALIZED (
    SELECT DISTINCT ON (r.kind, r.root_id, r.id) r.*
      FROM unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::integer[], $6::integer[], $7::integer[])
           WITH ORDINALITY AS r (kind, root_id, id, definition_id, node, event, flow, nth)
     ORDER BY r.kind, r.root_id, r.id, r.nth DESC
), instances AS (
    UPDATE bpmnd.instance AS t SET definition_id = m.definition_id
      FROM moved m WHERE m.kind = 1 AND t.id = m.id
), tokens AS (
    UPDATE bpmnd.token AS t SET definition_id = m.definition_id, node = m.node, flow = m.flow
      FROM moved m WHERE m.kind = 2 AND t.root_id = m.root_id AND t.id = m.id
), tasks AS (
    UPDATE bpmnd.task AS t SET definition_id = m.definition_id, node = m.node
      FROM moved m WHERE m.kind = 3 AND t.id = m.id
), jobs AS (
    UPDATE bpmnd.job AS t SET definition_id = m.definition_id, node = m.node, event = m.event
      FROM moved m
     WHERE t.root_id = m.root_id
       AND (m.kind = 4 AND t.kind = 1 AND t.token_id = m.id OR m.kind = 5 AND t.kind = 2 AND t.id = m.id)
), subscriptions AS (
    UPDATE bpmnd.subscription AS t SET definition_id = m.definition_id, node = m.node, event = m.event
      FROM moved m WHERE m.kind = 6 AND t.id = m.id
), compensations AS (
    UPDATE bpmnd.compensation AS t SET definition_id = m.definition_id, node = m.node
      FROM moved m WHERE m.kind = 7 AND t.root_id = m.root_id AND t.id = m.id
)
UPDATE bpmnd.incident AS t SET definition_id = m.definition_id, node = m.node
  FROM moved m WHERE m.kind = 8 AND t.id = m.id
