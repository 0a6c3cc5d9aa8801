CREATE INDEX attempts_by_submission ON attempts (submitted_at) WHERE status = 'graded';
DROP SEQUENCE attempt_settlements;
DROP INDEX attempts_by_settlement;
ALTER TABLE attempts DROP COLUMN settled_no;
ALTER TABLE attempts DROP COLUMN version;
