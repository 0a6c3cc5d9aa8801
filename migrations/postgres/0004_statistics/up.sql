-- Times are UTC milliseconds, points hundredths, days local dates (YYYY-MM-DD). The same steps stand in
-- ../../sqlite.
--
-- Sums of the results, for reports: a read model, which can be thrown away and computed anew. So it refers to
-- nothing: whoever removes a quiz or a unit need not look through it.

-- How far the sums are. version: goes up with every change of them. began_version: the version in which they were
-- last thrown away. timezone: whose days they are.
CREATE TABLE statistics_progress (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    taken_no BIGINT NOT NULL,
    version BIGINT NOT NULL,
    began_version BIGINT NOT NULL,
    timezone TEXT NOT NULL
);
INSERT INTO statistics_progress (id, taken_no, version, began_version, timezone) VALUES (1, 0, 0, 0, '');

-- The results of a unit itself, without those below it, at a quiz on a day. members: a roaring bitmap of their
-- ids. chapters: a JSON object, chapter to [items, earned, possible]. version: that of the last change.
CREATE TABLE unit_days (
    day TEXT NOT NULL,
    unit_id BIGINT NOT NULL,
    quiz_id BIGINT NOT NULL,
    results BIGINT NOT NULL,
    passed BIGINT NOT NULL,
    excellent BIGINT NOT NULL,
    score BIGINT NOT NULL,
    max_score BIGINT NOT NULL,
    elapsed_ms BIGINT NOT NULL,
    members BYTEA NOT NULL,
    chapters TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (day, unit_id, quiz_id)
);
CREATE INDEX unit_days_by_unit ON unit_days (unit_id, day);
CREATE INDEX unit_days_by_version ON unit_days (version);

-- How a version of a question was answered at a quiz. x: what it earned of its points, y: what the rest of the same
-- paper earned, in basis points. chosen: a JSON object, position of the option to how often it was chosen.
CREATE TABLE item_statistics (
    quiz_id BIGINT NOT NULL,
    question_id BIGINT NOT NULL,
    from_revision INTEGER NOT NULL,
    shown BIGINT NOT NULL,
    answered BIGINT NOT NULL,
    x BIGINT NOT NULL,
    xx BIGINT NOT NULL,
    y BIGINT NOT NULL,
    yy BIGINT NOT NULL,
    xy BIGINT NOT NULL,
    chosen TEXT NOT NULL,
    PRIMARY KEY (quiz_id, question_id, from_revision)
);

-- Voided attempts that the sums know of.
CREATE TABLE counted_voids (
    attempt_id TEXT PRIMARY KEY NOT NULL
);

-- The reports of months that are closed: the one thing here that is kept and never computed again. A unit that is
-- removed keeps them.
CREATE TABLE monthly_reports (
    month TEXT NOT NULL,
    unit_id BIGINT NOT NULL,
    fixed_at BIGINT NOT NULL,
    report TEXT NOT NULL,
    PRIMARY KEY (month, unit_id)
);
