DROP TABLE favourites;
DROP TABLE study_days;
DROP TABLE learned_attempts;
DROP TABLE learning;
DROP TABLE devices;
