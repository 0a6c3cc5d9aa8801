-- Times are UTC milliseconds. The same steps stand in ../../postgres.

-- What admins have changed. The names, and the ids above the unit as they were then, stand in the row: what
-- is renamed, moved or removed later does not change who sees it or how it reads.
-- before, after: JSON objects of what differs.
CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor_id INTEGER REFERENCES members (id),
    action TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    subject_name TEXT NOT NULL,
    unit_id INTEGER,
    unit_name TEXT,
    unit_path TEXT,
    left_path TEXT,
    before TEXT,
    after TEXT,
    request_id TEXT
);
CREATE INDEX audit_log_by_subject ON audit_log (subject_kind, subject_id);

CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'the audit log cannot be changed');
END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'the audit log cannot be changed');
END;
-- REPLACE deletes the row before without asking the trigger for deletes.
CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'the audit log cannot be changed');
END;

-- Graded attempts that count for nothing any more.
CREATE TABLE voided_attempts (
    attempt_id TEXT PRIMARY KEY NOT NULL REFERENCES attempts (id),
    at INTEGER NOT NULL,
    by INTEGER NOT NULL REFERENCES members (id),
    reason TEXT NOT NULL
) WITHOUT ROWID;

-- The revision that this one has taken back; null for any other.
ALTER TABLE bank_revisions ADD COLUMN undoes INTEGER;
