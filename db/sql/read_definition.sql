-- One definition. $1 id, $2 tenant (null: all).
SELECT d.revision,
       json_build_object('id', d.id::text, 'key', d.key, 'version', d.version, 'name', d.name,
           'versionTag', d.version_tag, 'tenant', nullif(d.tenant, ''), 'executable', d.executable,
           'suspended', d.suspended, 'deploymentId', d.deployment_id::text, 'resource', d.resource_name,
           'startForm', (SELECT e.form FROM bpmnd.element e
                          WHERE e.definition_id = d.id AND e.type = 'startEvent' AND e.form IS NOT NULL))::text
  FROM bpmnd.definition d
 WHERE d.id = $1::bigint AND ($2::text IS NULL OR d.tenant = $2::text)
