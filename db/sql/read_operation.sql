-- An operation and how far it is. $1 id, $2 tenant (null: all).
SELECT 0::bigint, d.document::text
  FROM bpmnd.operation_document d
 WHERE d.id = $1::bigint AND ($2::text IS NULL OR d.tenant = $2::text)
