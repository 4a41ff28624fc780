-- When the next timer is due.
SELECT j.due_at FROM bpmnd.job AS j WHERE j.kind = 2 AND NOT j.suspended ORDER BY j.due_at LIMIT 1
