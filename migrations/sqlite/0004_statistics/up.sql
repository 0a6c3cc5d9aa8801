-- Times are UTC milliseconds, points hundredths, days local dates (YYYY-MM-DD). The same steps stand in
-- ../../postgres.
--
-- Sums of the results, for reports: a read model, which can be thrown away and computed anew. So it refers to
-- nothing: whoever removes a quiz or a unit need not look through it.

-- How far the sums are. version: goes up with every change of them. began_version: the version in which they were
-- last thrown away. timezone: whose days they are.
CREATE TABLE statistics_progress (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    taken_no INTEGER NOT NULL,
    version INTEGER NOT NULL,
    began_version INTEGER NOT NULL,
    timezone TEXT NOT NULL
);
INSERT INTO statistics_progress (id, taken_no, version, began_version, timezone) VALUES (1, 0, 0, 0, '');

-- The results of a unit itself, without those below it, at a quiz on a day. members: a roaring bitmap of their
-- ids. chapters: a JSON object, chapter to [items, earned, possible]. version: that of the last change.
CREATE TABLE unit_days (
    day TEXT NOT NULL,
    unit_id INTEGER NOT NULL,
    quiz_id INTEGER NOT NULL,
    results INTEGER NOT NULL,
    passed INTEGER NOT NULL,
    excellent INTEGER NOT NULL,
    score INTEGER NOT NULL,
    max_score INTEGER NOT NULL,
    elapsed_ms INTEGER NOT NULL,
    members BLOB NOT NULL,
    chapters TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (day, unit_id, quiz_id)
) WITHOUT ROWID;
CREATE INDEX unit_days_by_unit ON unit_days (unit_id, day);
CREATE INDEX unit_days_by_version ON unit_days (version);

-- How a version of a question was answered at a quiz. x: what it earned of its points, y: what the rest of the same
-- paper earned, in basis points. chosen: a JSON object, position of the option to how often it was chosen.
CREATE TABLE item_statistics (
    quiz_id INTEGER NOT NULL,
    question_id INTEGER NOT NULL,
    from_revision INTEGER NOT NULL,
    shown INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    x INTEGER NOT NULL,
    xx INTEGER NOT NULL,
    y INTEGER NOT NULL,
    yy INTEGER NOT NULL,
    xy INTEGER NOT NULL,
    chosen TEXT NOT NULL,
    PRIMARY KEY (quiz_id, question_id, from_revision)
) WITHOUT ROWID;

-- Voided attempts that the sums know of.
CREATE TABLE counted_voids (
    attempt_id TEXT PRIMARY KEY NOT NULL
) WITHOUT ROWID;

-- The reports of months that are closed: the one thing here that is kept and never computed again. A unit that is
-- removed keeps them.
CREATE TABLE monthly_reports (
    month TEXT NOT NULL,
    unit_id INTEGER NOT NULL,
    fixed_at INTEGER NOT NULL,
    report TEXT NOT NULL,
    PRIMARY KEY (month, unit_id)
) WITHOUT ROWID;
