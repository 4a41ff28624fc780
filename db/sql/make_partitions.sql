-- Makes history's partitions of this month and the next two.
-- $1 timestamptz: now
SELECT bpmnd.make_partitions($1::timestamptz, 2)
