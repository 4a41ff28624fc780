-- Where the schema's version is kept: apart from what migrations make.
CREATE SCHEMA IF NOT EXISTS bpmnd_schema
