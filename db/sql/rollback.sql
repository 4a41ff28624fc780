-- Ends a transaction without effects.
ROLLBACK
