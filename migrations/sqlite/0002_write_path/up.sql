-- A count of changes, so that whoever writes an attempt can tell whether it is still what was read.
ALTER TABLE attempts ADD COLUMN version INTEGER NOT NULL DEFAULT 0;

-- The order in which results came: what follows them (rankings, other instances) asks for what is new.
ALTER TABLE attempts ADD COLUMN settled_no INTEGER;
UPDATE attempts SET settled_no = numbered.no
FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY submitted_at, id) AS no FROM attempts WHERE status = 'graded') AS numbered
WHERE attempts.id = numbered.id;
CREATE UNIQUE INDEX attempts_by_settlement ON attempts (settled_no) WHERE settled_no IS NOT NULL;

-- Rankings are read from memory; each index costs a tenth of the writes.
DROP INDEX attempts_by_submission;
