-- Times are UTC milliseconds. The same steps stand in ../../sqlite.

-- A mark of the session by which an attempt was begun, not its id; null for those that were begun before.
ALTER TABLE begun ADD COLUMN session_mark BIGINT;
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
    attempt_no BIGINT NOT NULL REFERENCES begun (no),
    ordinal INTEGER NOT NULL CHECK (ordinal BETWEEN 1 AND 250),
    kind TEXT NOT NULL,
    at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    session_mark BIGINT,
    report BIGINT,
    PRIMARY KEY (attempt_no, ordinal),
    UNIQUE (attempt_no, report)
);
CREATE UNIQUE INDEX attempt_events_by_session ON attempt_events (attempt_no, session_mark) WHERE kind = 'other_device';
CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events cannot be changed';
END
$$;
CREATE TRIGGER attempt_events_no_change BEFORE UPDATE OR DELETE ON attempt_events
    FOR EACH ROW EXECUTE FUNCTION refuse_event_change();
CREATE TRIGGER attempt_events_no_truncate BEFORE TRUNCATE ON attempt_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change();

-- When the name and the login of somebody who had left were taken away for good; null for everybody else.
ALTER TABLE members ADD COLUMN anonymised_at BIGINT;

-- The log stays as it is written, but for the names of members who were anonymised. The line that says so is the
-- permit: lines before it lose that member's name and login, and nothing else of them changes.
CREATE FUNCTION without_names(facts TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS $$
    SELECT (facts::jsonb - 'name' - 'login' #- '{member,name}')::text
$$;
CREATE FUNCTION refuse_audit_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject TEXT;
BEGIN
    subject := CASE OLD.subject_kind
        WHEN 'member' THEN OLD.subject_id
        WHEN 'attempt' THEN OLD.before::jsonb #>> '{member,id}'
    END;
    IF (NEW.id, NEW.at, NEW.actor_id, NEW.action, NEW.subject_kind, NEW.subject_id, NEW.unit_id, NEW.unit_name,
        NEW.unit_path, NEW.left_path, NEW.request_id, NEW.subject_name, NEW.before, NEW.after)
        IS NOT DISTINCT FROM
       (OLD.id, OLD.at, OLD.actor_id, OLD.action, OLD.subject_kind, OLD.subject_id, OLD.unit_id, OLD.unit_name,
        OLD.unit_path, OLD.left_path, OLD.request_id, '已注销成员'::text, without_names(OLD.before),
        without_names(OLD.after))
    AND EXISTS (
        SELECT 1 FROM audit_log AS permit
        WHERE permit.subject_kind = 'member' AND permit.action = 'member.anonymised' AND permit.id >= OLD.id
        AND permit.subject_id = subject
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the audit log cannot be changed';
END
$$;
DROP TRIGGER audit_log_no_change ON audit_log;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_update();
