-- Opens a change of the catalog: waits for the batches that expect the present generation and starts the next.
SELECT bpmnd.change_catalog()
