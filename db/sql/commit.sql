-- Ends a transaction; its effects are durable when the answer is there.
COMMIT
