CREATE INDEX begun_by_quiz ON begun (quiz_id);
ALTER TABLE begun DROP CONSTRAINT begun_quiz_id_member_id_ordinal_key;
ALTER TABLE begun ADD UNIQUE (member_id, quiz_id, ordinal);
