-- One deployment with its definitions and resources. $1 id, $2 tenant (null: all).
SELECT 0::bigint,
       json_build_object(
           'id', p.id::text, 'name', p.name, 'source', p.source,
           'deployedAt', bpmnd.rfc3339(p.deployed_at), 'deployedBy', p.deployed_by,
           'definitions', (SELECT coalesce(json_agg(json_build_object('id', d.id::text, 'key', d.key,
                                      'version', d.version, 'name', d.name, 'executable', d.executable) ORDER BY d.id), '[]')
                             FROM bpmnd.definition d WHERE d.deployment_id = p.id),
           'resources', (SELECT coalesce(json_agg(json_build_object('name', r.name, 'size', length(r.content),
                                    'sha256', encode(r.sha256, 'hex')) ORDER BY r.name), '[]')
                           FROM bpmnd.resource r WHERE r.deployment_id = p.id))::text
  FROM bpmnd.deployment p
 WHERE p.id = $1::bigint
   AND ($2::text IS NULL
        OR EXISTS (SELECT FROM bpmnd.definition d WHERE d.deployment_id = p.id AND d.tenant = $2::text))
