DROP TABLE monthly_reports;
DROP TABLE counted_voids;
DROP TABLE item_statistics;
DROP TABLE unit_days;
DROP TABLE statistics_progress;
