-- Times are UTC milliseconds, points hundredths. The same steps stand in ../../postgres.

CREATE TABLE units (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    parent_id INTEGER REFERENCES units (id),
    kind TEXT NOT NULL,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    path TEXT NOT NULL UNIQUE
);

CREATE TABLE members (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    login TEXT NOT NULL,
    login_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    unit_id INTEGER NOT NULL REFERENCES units (id),
    status TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    must_change_password BOOLEAN NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX members_by_unit ON members (unit_id);

-- Who belonged where, and when: the denominators of past periods do not change with later transfers.
CREATE TABLE memberships (
    member_id INTEGER NOT NULL REFERENCES members (id),
    from_at INTEGER NOT NULL,
    until_at INTEGER,
    unit_id INTEGER NOT NULL REFERENCES units (id),
    PRIMARY KEY (member_id, from_at)
) WITHOUT ROWID;
CREATE INDEX memberships_by_unit ON memberships (unit_id);

CREATE TABLE role_grants (
    member_id INTEGER NOT NULL REFERENCES members (id),
    unit_id INTEGER NOT NULL REFERENCES units (id),
    role TEXT NOT NULL,
    PRIMARY KEY (member_id, unit_id, role)
) WITHOUT ROWID;
CREATE INDEX role_grants_by_unit ON role_grants (unit_id);

CREATE TABLE signing_keys (
    id TEXT PRIMARY KEY NOT NULL,
    secret BLOB NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE TABLE sessions (
    id TEXT PRIMARY KEY NOT NULL,
    member_id INTEGER NOT NULL REFERENCES members (id),
    token_hash BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER
) WITHOUT ROWID;
CREATE INDEX sessions_by_member ON sessions (member_id);

CREATE TABLE banks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE TABLE bank_revisions (
    bank_id INTEGER NOT NULL REFERENCES banks (id),
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by INTEGER REFERENCES members (id),
    PRIMARY KEY (bank_id, revision)
) WITHOUT ROWID;

CREATE TABLE questions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    bank_id INTEGER NOT NULL REFERENCES banks (id),
    code TEXT NOT NULL,
    UNIQUE (bank_id, code)
);

-- A version belongs to every revision from from_revision on, up to but not including until_revision.
CREATE TABLE question_versions (
    question_id INTEGER NOT NULL REFERENCES questions (id),
    from_revision INTEGER NOT NULL,
    until_revision INTEGER,
    bank_id INTEGER NOT NULL REFERENCES banks (id),
    kind TEXT NOT NULL,
    chapter TEXT NOT NULL,
    difficulty INTEGER NOT NULL,
    stem TEXT NOT NULL,
    options TEXT NOT NULL,
    key TEXT NOT NULL,
    explanation TEXT NOT NULL,
    source TEXT NOT NULL,
    verified_on TEXT,
    PRIMARY KEY (question_id, from_revision)
) WITHOUT ROWID;
CREATE INDEX question_versions_by_bank ON question_versions (bank_id, from_revision);

CREATE TABLE quizzes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    kind TEXT NOT NULL,
    bank_id INTEGER NOT NULL REFERENCES banks (id),
    unit_id INTEGER NOT NULL REFERENCES units (id),
    opens_at INTEGER NOT NULL,
    closes_at INTEGER,
    duration_seconds INTEGER,
    attempts_allowed INTEGER,
    pass_percent INTEGER NOT NULL,
    reveal TEXT NOT NULL,
    blueprint TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_by INTEGER REFERENCES members (id),
    created_at INTEGER NOT NULL
);
CREATE INDEX quizzes_by_unit ON quizzes (unit_id);

-- The paper is not stored: it is drawn again from bank revision, blueprint, seed and draw version.
CREATE TABLE attempts (
    id TEXT PRIMARY KEY NOT NULL,
    quiz_id INTEGER NOT NULL REFERENCES quizzes (id),
    member_id INTEGER NOT NULL REFERENCES members (id),
    unit_id INTEGER NOT NULL REFERENCES units (id),
    ordinal INTEGER NOT NULL,
    bank_revision INTEGER NOT NULL,
    draw_version INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    deadline INTEGER,
    answers TEXT NOT NULL,
    status TEXT NOT NULL,
    closed_by TEXT,
    submitted_at INTEGER,
    elapsed_ms INTEGER,
    score INTEGER,
    max_score INTEGER,
    correct INTEGER,
    total INTEGER,
    passed BOOLEAN,
    UNIQUE (member_id, quiz_id, ordinal)
) WITHOUT ROWID;
CREATE INDEX attempts_due ON attempts (deadline) WHERE status = 'running';
CREATE INDEX attempts_by_quiz ON attempts (quiz_id);
CREATE INDEX attempts_by_submission ON attempts (submitted_at) WHERE status = 'graded';
