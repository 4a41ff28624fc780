-- The catalog's generation with all definitions, in one snapshot; one row with nulls when there are none.
SELECT c.generation, d.id, d.deployment_id, d.process_index, d.version, d.executable, d.suspended, d.key,
    d.name, d.tenant, d.version_tag
FROM bpmnd.catalog AS c
LEFT JOIN bpmnd.definition AS d ON true
ORDER BY d.id
