-- Times are UTC milliseconds. The same steps stand in ../../postgres.

-- Where a session lives, as its member knows it: a session's own id is a secret and never shown.
-- chain_key: what the successor of a refresh token in a cookie is made with; null for tokens in bodies.
CREATE TABLE devices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id TEXT NOT NULL UNIQUE REFERENCES sessions (id),
    name TEXT NOT NULL,
    chain_key BLOB
);
INSERT INTO devices (session_id, name) SELECT id, '未知设备' FROM sessions ORDER BY created_at, id;

-- What a member has made of a question so far. last_answer is a JSON list: the texts of the chosen
-- options, or what was written, so that it outlives a new order of the options.
CREATE TABLE learning (
    member_id INTEGER NOT NULL REFERENCES members (id),
    question_id INTEGER NOT NULL REFERENCES questions (id),
    seen INTEGER NOT NULL,
    wrong_times INTEGER NOT NULL,
    last_correct BOOLEAN NOT NULL,
    last_at INTEGER NOT NULL,
    last_answer TEXT NOT NULL,
    PRIMARY KEY (member_id, question_id)
) WITHOUT ROWID;

-- Attempts whose answers are in learning already: they are taken in when the member asks, once revealed.
CREATE TABLE learned_attempts (
    attempt_id TEXT PRIMARY KEY NOT NULL REFERENCES attempts (id)
) WITHOUT ROWID;

-- On which local dates (YYYY-MM-DD) a member practised, and how many questions.
CREATE TABLE study_days (
    member_id INTEGER NOT NULL REFERENCES members (id),
    day TEXT NOT NULL,
    answered INTEGER NOT NULL,
    PRIMARY KEY (member_id, day)
) WITHOUT ROWID;

CREATE TABLE favourites (
    member_id INTEGER NOT NULL REFERENCES members (id),
    question_id INTEGER NOT NULL REFERENCES questions (id),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (member_id, question_id)
) WITHOUT ROWID;
