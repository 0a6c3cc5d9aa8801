ALTER TABLE bank_revisions DROP COLUMN undoes;
DROP TABLE voided_attempts;
DROP TABLE audit_log;
