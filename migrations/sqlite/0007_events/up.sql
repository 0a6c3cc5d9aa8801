-- Times are UTC milliseconds. The same steps stand in ../../postgres.

-- A mark of the session by which an attempt was begun, not its id; null for those that were begun before.
ALTER TABLE begun ADD COLUMN session_mark INTEGER;
DROP VIEW attempts;
CREATE VIEW attempts AS
SELECT begun.no, begun.id, begun.quiz_id, begun.member_id, begun.unit_id, begun.ordinal, begun.bank_revision,
    begun.draw_version, begun.seed, begun.started_at, begun.deadline, begun.session_mark,
    COALESCE(results.answers, drafts.answers, '{}') AS answers,
    CASE WHEN results.settled_no IS NULL THEN 'running' ELSE 'graded' END AS status,
    CASE WHEN results.settled_no IS NULL THEN COALESCE(drafts.version, 0) ELSE 9223372036854775807 END AS version,
    results.settled_no, results.closed_by, results.submitted_at, results.elapsed_ms, results.score, results.max_score,
    results.correct, results.total, results.passed
FROM begun
LEFT JOIN drafts ON drafts.attempt_no = begun.no
LEFT JOIN results ON results.attempt_no = begun.no;

-- What happened around an attempt, for a person to judge: it changes no result. at: by the server's clock.
-- session_mark: of the session in which it was answered; report: the app's own number, so that what is sent twice
-- stands once. How often and how much is bounded by the program; the last bound stands here.
CREATE TABLE attempt_events (
    attempt_no INTEGER NOT NULL REFERENCES begun (no),
    ordinal INTEGER NOT NULL CHECK (ordinal BETWEEN 1 AND 250),
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    session_mark INTEGER,
    report INTEGER,
    PRIMARY KEY (attempt_no, ordinal),
    UNIQUE (attempt_no, report)
) WITHOUT ROWID;
CREATE UNIQUE INDEX attempt_events_by_session ON attempt_events (attempt_no, session_mark) WHERE kind = 'other_device';
CREATE TRIGGER attempt_events_no_update BEFORE UPDATE ON attempt_events
BEGIN
    SELECT RAISE(ABORT, 'events cannot be changed');
END;
CREATE TRIGGER attempt_events_no_delete BEFORE DELETE ON attempt_events
BEGIN
    SELECT RAISE(ABORT, 'events cannot be changed');
END;
-- REPLACE deletes the row before without asking the trigger for deletes.
CREATE TRIGGER attempt_events_no_replace BEFORE INSERT ON attempt_events
WHEN EXISTS (SELECT 1 FROM attempt_events WHERE attempt_no = NEW.attempt_no AND ordinal = NEW.ordinal)
BEGIN
    SELECT RAISE(ABORT, 'events cannot be changed');
END;

-- When the name and the login of somebody who had left were taken away for good; null for everybody else.
ALTER TABLE members ADD COLUMN anonymised_at INTEGER;

-- The log stays as it is written, but for the names of members who were anonymised. The line that says so is the
-- permit: lines before it lose that member's name and login, and nothing else of them changes.
DROP TRIGGER audit_log_no_update;
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
WHEN NOT COALESCE(
    NEW.id IS OLD.id AND NEW.at IS OLD.at AND NEW.actor_id IS OLD.actor_id AND NEW.action IS OLD.action
    AND NEW.subject_kind IS OLD.subject_kind AND NEW.subject_id IS OLD.subject_id AND NEW.unit_id IS OLD.unit_id
    AND NEW.unit_name IS OLD.unit_name AND NEW.unit_path IS OLD.unit_path AND NEW.left_path IS OLD.left_path
    AND NEW.request_id IS OLD.request_id AND NEW.subject_name = '已注销成员'
    AND EXISTS (
        SELECT 1 FROM audit_log AS permit
        WHERE permit.subject_kind = 'member' AND permit.action = 'member.anonymised' AND permit.id >= OLD.id
        AND permit.subject_id = CASE OLD.subject_kind
            WHEN 'member' THEN OLD.subject_id
            WHEN 'attempt' THEN CAST(json_extract(OLD.before, '$.member.id') AS TEXT)
        END
    )
    AND NEW.before IS json_remove(OLD.before, '$.name', '$.login', '$.member.name')
    AND NEW.after IS json_remove(OLD.after, '$.name', '$.login', '$.member.name'),
    0
)
BEGIN
    SELECT RAISE(ABORT, 'the audit log cannot be changed');
END;
