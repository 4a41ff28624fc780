-- The oldest signal, or part of one, that nobody else is about to deliver, locked until the transaction ends; and the next
-- trees that waited for it when it was thrown, with their root rows locked in id order. The thrower's own tree has got it
-- already. The signal is the first row; a tree's has no id, and one that has ended meanwhile has none.
-- $1 int4: how many trees at most
WITH taken AS MATERIALIZED (
    SELECT o.* FROM bpmnd.outbox AS o
    WHERE o.kind IN (2, 3)
    ORDER BY o.id
    LIMIT 1
    FOR UPDATE OF o SKIP LOCKED
), page AS MATERIALIZED (
    SELECT p.root_id
    FROM taken AS t
    CROSS JOIN LATERAL (
        (SELECT DISTINCT s.root_id
        FROM bpmnd.subscription AS s
        WHERE t.kind = 2 AND s.kind = 2 AND s.tenant = t.tenant AND s.name = t.name AND s.root_id > t.last_root
            AND s.root_id IS DISTINCT FROM t.root_id AND s.created_at <= t.created_at
            AND (t.parts = 1 OR hashint8extended(s.root_id, 0) & (t.parts - 1) = t.part)
        ORDER BY s.root_id
        LIMIT $1::integer)
        UNION ALL
        (SELECT DISTINCT s.root_id
        FROM bpmnd.subscription AS s
        WHERE t.kind = 3 AND s.kind = 3 AND s.tenant = t.tenant AND s.root_id > t.last_root
            AND s.created_at <= t.created_at
            AND (t.parts = 1 OR hashint8extended(s.root_id, 0) & (t.parts - 1) = t.part)
        ORDER BY s.root_id
        LIMIT $1::integer)
    ) AS p
), locked AS (
    SELECT i.id, i.version, i.definition_id
    FROM bpmnd.instance AS i
    WHERE i.id = ANY (ARRAY(SELECT p.root_id FROM page AS p))
    ORDER BY i.id
    FOR UPDATE OF i
)
SELECT t.id, t.kind, t.name, t.tenant, t.variables, t.sender, t.starts_done, t.parts,
    (SELECT count(*) FROM page) AS trees, (SELECT max(p.root_id) FROM page AS p) AS last_root,
    NULL::bigint AS tree, NULL::bigint AS version, NULL::bigint AS definition_id
FROM taken AS t
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, l.id, l.version, l.definition_id
FROM locked AS l
ORDER BY tree NULLS FIRST
