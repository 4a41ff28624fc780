-- A job for workers with its instance. $1 id, $2 tenant (null: all).
SELECT 0::bigint,
       json_build_object('job', json_build_object('id', j.id::text, 'type', j.type, 'elementId', e.element_id,
               'instanceId', j.instance_id::text, 'retries', j.retries, 'lockedUntil', bpmnd.rfc3339(j.locked_until)),
           'instance', i.document)::text
  FROM bpmnd.job j
  JOIN bpmnd.element e ON e.definition_id = j.definition_id AND e.node = j.node
  JOIN bpmnd.instance_document i ON i.id = j.instance_id
 WHERE j.id = $1::bigint AND j.kind = 1 AND ($2::text IS NULL OR i.tenant = $2::text)
