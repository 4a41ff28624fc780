-- One row for each migration that has run.
CREATE TABLE IF NOT EXISTS bpmnd_schema.migration (
    number integer PRIMARY KEY,
    name text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
