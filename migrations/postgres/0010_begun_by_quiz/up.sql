-- Of one quiz everything that was begun stands together in the index by which a running attempt is found: those who
-- begin a contest at the same moment share a few of its pages. It also finds what was begun of a quiz, so that one
-- index less is kept; a member's attempts are found quiz by quiz. The same step stands in ../../sqlite.
CREATE UNIQUE INDEX begun_of_quiz ON begun (quiz_id, member_id, ordinal);
ALTER TABLE begun DROP CONSTRAINT begun_member_id_quiz_id_ordinal_key;
ALTER TABLE begun ADD CONSTRAINT begun_quiz_id_member_id_ordinal_key UNIQUE USING INDEX begun_of_quiz;
DROP INDEX begun_by_quiz;
