-- Secrets that all instances share, by name. The same step stands in ../../postgres.
CREATE TABLE secrets (
    name TEXT PRIMARY KEY NOT NULL,
    secret BLOB NOT NULL,
    created_at INTEGER NOT NULL
);
