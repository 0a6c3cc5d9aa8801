-- Times are UTC milliseconds, points hundredths. The same steps stand in ../../postgres.

-- What was begun is never changed by its answers: what is saved on the way stands in drafts, and a result is appended
-- to results in the order of its number. A commit of many results then writes a few pages at the end of one table,
-- where before each of them made a row in the middle of another three times as long.
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
    UNIQUE (member_id, quiz_id, ordinal)
);
INSERT INTO begun (id, quiz_id, member_id, unit_id, ordinal, bank_revision, draw_version, seed, started_at, deadline)
SELECT id, quiz_id, member_id, unit_id, ordinal, bank_revision, draw_version, seed, started_at, deadline
FROM attempts ORDER BY started_at, id;

-- Answers of running attempts; version counts how often they were saved.
CREATE TABLE drafts (
    attempt_no INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    answers TEXT NOT NULL
);
-- What was saved before there were versions has version 0.
INSERT INTO drafts (attempt_no, version, answers)
SELECT begun.no, MAX(attempts.version, 1), attempts.answers
FROM attempts JOIN begun ON begun.id = attempts.id
WHERE attempts.status = 'running' AND (attempts.version > 0 OR attempts.answers <> '{}');

-- What rankings need of the attempt is repeated, so that they read one table from end to end.
CREATE TABLE results (
    settled_no INTEGER PRIMARY KEY,
    attempt_no INTEGER NOT NULL UNIQUE,
    quiz_id INTEGER NOT NULL,
    member_id INTEGER NOT NULL,
    unit_id INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    closed_by TEXT NOT NULL,
    submitted_at INTEGER NOT NULL,
    elapsed_ms INTEGER NOT NULL,
    score INTEGER NOT NULL,
    max_score INTEGER NOT NULL,
    correct INTEGER NOT NULL,
    total INTEGER NOT NULL,
    passed BOOLEAN NOT NULL,
    answers TEXT NOT NULL
);
INSERT INTO results (settled_no, attempt_no, quiz_id, member_id, unit_id, started_at, closed_by, submitted_at,
    elapsed_ms, score, max_score, correct, total, passed, answers)
SELECT attempts.settled_no, begun.no, attempts.quiz_id, attempts.member_id, attempts.unit_id, attempts.started_at,
    attempts.closed_by, attempts.submitted_at, attempts.elapsed_ms, attempts.score, attempts.max_score,
    attempts.correct, attempts.total, attempts.passed, attempts.answers
FROM attempts JOIN begun ON begun.id = attempts.id
WHERE attempts.settled_no IS NOT NULL ORDER BY attempts.settled_no;

-- What refers to attempts is made anew, so that it refers to what was begun.
CREATE TABLE learned AS SELECT attempt_id FROM learned_attempts;
DROP TABLE learned_attempts;
DROP TABLE attempts;
CREATE INDEX begun_by_deadline ON begun (deadline) WHERE deadline IS NOT NULL;
CREATE INDEX begun_by_quiz ON begun (quiz_id);
CREATE TABLE learned_attempts (
    attempt_id TEXT PRIMARY KEY NOT NULL REFERENCES begun (id)
) WITHOUT ROWID;
INSERT INTO learned_attempts (attempt_id) SELECT attempt_id FROM learned ORDER BY attempt_id;
DROP TABLE learned;

-- Every attempt with a deadline up to until has its result: where the sweep for expired ones goes on.
CREATE TABLE sweeps (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    until INTEGER NOT NULL
);
INSERT INTO sweeps (id, until) VALUES (1, 0);

-- An attempt as it stands now. A result is the last version of its attempt, whatever was saved before.
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
