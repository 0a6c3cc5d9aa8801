-- Months whose reports are fixed. closed_at: since when those of all units are, after which none is added; null while they
-- are written. reports: how many they are. The same step stands in ../../sqlite.
CREATE TABLE closed_months (
    month TEXT PRIMARY KEY NOT NULL,
    closed_at BIGINT,
    reports BIGINT NOT NULL
);

-- Months that were closed before: the root has a report, and so has every unit that a report ranks.
INSERT INTO closed_months (month, closed_at, reports)
SELECT month, MAX(fixed_at), COUNT(*)
FROM monthly_reports
WHERE
    month IN (
        SELECT top.month FROM monthly_reports AS top JOIN units ON units.id = top.unit_id
        WHERE units.parent_id IS NULL
    )
    AND month NOT IN (
        SELECT above.month FROM monthly_reports AS above, json_array_elements(above.report::json -> 'ranking') AS ranked
        WHERE NOT EXISTS (
            SELECT 1 FROM monthly_reports AS own
            WHERE own.month = above.month AND own.unit_id = (ranked.value -> 'unit' ->> 'id')::BIGINT
        )
    )
GROUP BY month;
