DROP TRIGGER audit_log_no_update;
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'the audit log cannot be changed');
END;
ALTER TABLE members DROP COLUMN anonymised_at;
DROP TABLE attempt_events;
DROP VIEW attempts;
ALTER TABLE begun DROP COLUMN session_mark;
CREATE VIEW attempts AS
SELECT begun.no, begun.id, begun.quiz_id, begun.member_id, begun.unit_id, begun.ordinal, begun.bank_revision,
    begun.draw_version, begun.seed, begun.started_at, begun.deadline,
    COALESCE(results.answers, drafts.answers, '{}') AS answers,
    CASE WHEN results.settled_no IS NULL THEN 'running' ELSE 'graded' END AS status,
    CASE WHEN results.settled_no IS NULL THEN COALESCE(drafts.version, 0) ELSE 9223372036854775807 END AS version,
    results.settled_no, results.closed_by, results.submitted_at, results.elapsed_ms, results.score, results.max_score,
    results.correct, results.total, results.passed
FROM begun
LEFT JOIN drafts ON drafts.attempt_no = begun.no
LEFT JOIN results ON results.attempt_no = begun.no;
