CREATE TABLE attempts_before (
    id TEXT PRIMARY KEY NOT NULL,
    quiz_id BIGINT NOT NULL REFERENCES quizzes (id),
    member_id BIGINT NOT NULL REFERENCES members (id),
    unit_id BIGINT NOT NULL REFERENCES units (id),
    ordinal INTEGER NOT NULL,
    bank_revision INTEGER NOT NULL,
    draw_version INTEGER NOT NULL,
    seed BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    deadline BIGINT,
    answers TEXT NOT NULL,
    status TEXT NOT NULL,
    closed_by TEXT,
    submitted_at BIGINT,
    elapsed_ms BIGINT,
    score BIGINT,
    max_score BIGINT,
    correct INTEGER,
    total INTEGER,
    passed BOOLEAN,
    version BIGINT NOT NULL DEFAULT 0,
    settled_no BIGINT,
    UNIQUE (member_id, quiz_id, ordinal)
);
INSERT INTO attempts_before (id, quiz_id, member_id, unit_id, ordinal, bank_revision, draw_version, seed, started_at,
    deadline, answers, status, closed_by, submitted_at, elapsed_ms, score, max_score, correct, total, passed, version,
    settled_no)
SELECT id, quiz_id, member_id, unit_id, ordinal, bank_revision, draw_version, seed, started_at, deadline, answers,
    status, closed_by, submitted_at, elapsed_ms, score, max_score, correct, total, passed, version, settled_no
FROM attempts;
DROP VIEW attempts;
DROP TABLE sweeps;
CREATE TABLE learned AS SELECT attempt_id FROM learned_attempts;
DROP TABLE learned_attempts;
DROP TABLE results;
DROP TABLE drafts;
DROP TABLE begun;
ALTER TABLE attempts_before RENAME TO attempts;
CREATE INDEX attempts_due ON attempts (deadline) WHERE status = 'running';
CREATE INDEX attempts_by_quiz ON attempts (quiz_id);
CREATE UNIQUE INDEX attempts_by_settlement ON attempts (settled_no) WHERE settled_no IS NOT NULL;
CREATE TABLE learned_attempts (
    attempt_id TEXT PRIMARY KEY NOT NULL REFERENCES attempts (id)
);
INSERT INTO learned_attempts (attempt_id) SELECT attempt_id FROM learned;
DROP TABLE learned;
