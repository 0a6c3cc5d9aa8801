-- Secrets that all instances share, by name. The same step stands in ../../sqlite.
CREATE TABLE secrets (
    name TEXT PRIMARY KEY NOT NULL,
    secret BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);
