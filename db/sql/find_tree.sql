-- The instances of a tree, living and ended; behind the lock of its root (lock_trees).
-- $1 int8: any instance of it
WITH RECURSIVE named (root_id) AS (
    SELECT i.root_id FROM bpmnd.instance AS i WHERE i.id = $1::bigint
    UNION
    SELECT e.root_id FROM history.instance AS e WHERE e.id = $1::bigint
), tree (id) AS (
    SELECT n.root_id FROM named AS n
    UNION
    SELECT c.id
    FROM tree AS t
    CROSS JOIN LATERAL (
        SELECT i.id FROM bpmnd.instance AS i WHERE i.parent_id = t.id
        UNION ALL
        SELECT e.id FROM history.instance AS e WHERE e.parent_id = t.id
    ) AS c
)
SELECT t.id, n.root_id
FROM tree AS t
CROSS JOIN named AS n
ORDER BY t.id
