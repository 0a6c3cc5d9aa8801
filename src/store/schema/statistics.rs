//! The tables of the statistics and of the monthly reports.

use diesel::table;

table! {
    statistics_progress (id) {
        id -> BigInt,
        taken_no -> BigInt,
        version -> BigInt,
        began_version -> BigInt,
        timezone -> Text,
    }
}

table! {
    unit_days (day, unit_id, quiz_id) {
        day -> Text,
        unit_id -> BigInt,
        quiz_id -> BigInt,
        results -> BigInt,
        passed -> BigInt,
        excellent -> BigInt,
        score -> BigInt,
        max_score -> BigInt,
        elapsed_ms -> BigInt,
        members -> Binary,
        chapters -> Text,
        version -> BigInt,
    }
}

table! {
    item_statistics (quiz_id, question_id, from_revision) {
        quiz_id -> BigInt,
        question_id -> BigInt,
        from_revision -> Integer,
        shown -> BigInt,
        answered -> BigInt,
        x -> BigInt,
        xx -> BigInt,
        y -> BigInt,
        yy -> BigInt,
        xy -> BigInt,
        chosen -> Text,
    }
}

table! {
    counted_voids (attempt_id) {
        attempt_id -> Text,
    }
}

table! {
    monthly_reports (month, unit_id) {
        month -> Text,
        unit_id -> BigInt,
        fixed_at -> BigInt,
        report -> Text,
    }
}

table! {
    closed_months (month) {
        month -> Text,
        closed_at -> Nullable<BigInt>,
        reports -> BigInt,
    }
}
