-- Of one quiz everything that was begun stands together in the index by which a running attempt is found: those who
-- begin a contest at the same moment share a few of its pages, where by member each of them wrote a page of its own.
-- It also finds what was begun of a quiz, so that one index less is kept; a member's attempts are found quiz by quiz.
-- What refers to begun finds the same rows in it again when this ends.
PRAGMA defer_foreign_keys = ON;
DROP VIEW attempts;
CREATE TABLE begun_before AS SELECT * FROM begun;
DROP TABLE begun;
CREATE TABLE begun (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    quiz_id INTEGER NOT NULL REFERENCES quizzes (id),
    member_id INTEGER NOT NULL REFERENCES members (id),
    unit_id INTEGER NOT NULL REFERENCES units (id),
    ordinal INTEGER NOT NULL,
    bank_revision INTEGER NOT NULL,
    draw_version INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    deadline INTEGER,
    session_mark INTEGER,
    UNIQUE (quiz_id, member_id, ordinal)
);
INSERT INTO begun (no, id, quiz_id, member_id, unit_id, ordinal, bank_revision, draw_version, seed, started_at, deadline,
    session_mark)
SELECT no, id, quiz_id, member_id, unit_id, ordinal, bank_revision, draw_version, seed, started_at, deadline, session_mark
FROM begun_before ORDER BY no;
DROP TABLE begun_before;
CREATE INDEX begun_by_deadline ON begun (deadline) WHERE deadline IS NOT NULL;
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
