//! The tables, as diesel sees them; the truth stands in `migrations/`.

mod statistics;

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

pub use self::statistics::*;

table! {
    units (id) {
        id -> BigInt,
        parent_id -> Nullable<BigInt>,
        kind -> Text,
        code -> Text,
        name -> Text,
        path -> Text,
    }
}

table! {
    members (id) {
        id -> BigInt,
        login -> Text,
        login_key -> Text,
        name -> Text,
        unit_id -> BigInt,
        status -> Text,
        password_hash -> Text,
        must_change_password -> Bool,
        created_at -> BigInt,
        anonymised_at -> Nullable<BigInt>,
    }
}

table! {
    memberships (member_id, from_at) {
        member_id -> BigInt,
        from_at -> BigInt,
        until_at -> Nullable<BigInt>,
        unit_id -> BigInt,
    }
}

table! {
    role_grants (member_id, unit_id, role) {
        member_id -> BigInt,
        unit_id -> BigInt,
        role -> Text,
    }
}

table! {
    signing_keys (id) {
        id -> Text,
        secret -> Binary,
        created_at -> BigInt,
    }
}

table! {
    secrets (name) {
        name -> Text,
        secret -> Binary,
        created_at -> BigInt,
    }
}

table! {
    sessions (id) {
        id -> Text,
        member_id -> BigInt,
        token_hash -> Binary,
        created_at -> BigInt,
        used_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

table! {
    banks (id) {
        id -> BigInt,
        code -> Text,
        title -> Text,
        revision -> Integer,
        created_at -> BigInt,
    }
}

table! {
    bank_revisions (bank_id, revision) {
        bank_id -> BigInt,
        revision -> Integer,
        created_at -> BigInt,
        created_by -> Nullable<BigInt>,
        undoes -> Nullable<Integer>,
    }
}

table! {
    questions (id) {
        id -> BigInt,
        bank_id -> BigInt,
        code -> Text,
    }
}

table! {
    question_versions (question_id, from_revision) {
        question_id -> BigInt,
        from_revision -> Integer,
        until_revision -> Nullable<Integer>,
        bank_id -> BigInt,
        kind -> Text,
        chapter -> Text,
        difficulty -> Integer,
        stem -> Text,
        options -> Text,
        key -> Text,
        explanation -> Text,
        source -> Text,
        verified_on -> Nullable<Text>,
    }
}

table! {
    quizzes (id) {
        id -> BigInt,
        title -> Text,
        kind -> Text,
        bank_id -> BigInt,
        unit_id -> BigInt,
        opens_at -> BigInt,
        closes_at -> Nullable<BigInt>,
        duration_seconds -> Nullable<BigInt>,
        attempts_allowed -> Nullable<Integer>,
        pass_percent -> Integer,
        reveal -> Text,
        blueprint -> Text,
        revision -> Integer,
        created_by -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

table! {
    begun (no) {
        no -> BigInt,
        id -> Text,
        quiz_id -> BigInt,
        member_id -> BigInt,
        unit_id -> BigInt,
        ordinal -> Integer,
        bank_revision -> Integer,
        draw_version -> Integer,
        seed -> BigInt,
        started_at -> BigInt,
        deadline -> Nullable<BigInt>,
        session_mark -> Nullable<BigInt>,
    }
}

table! {
    results (settled_no) {
        settled_no -> BigInt,
        attempt_no -> BigInt,
        quiz_id -> BigInt,
        member_id -> BigInt,
        unit_id -> BigInt,
        started_at -> BigInt,
        closed_by -> Text,
        submitted_at -> BigInt,
        elapsed_ms -> BigInt,
        score -> BigInt,
        max_score -> BigInt,
        correct -> Integer,
        total -> Integer,
        passed -> Bool,
        answers -> Text,
    }
}

table! {
    sweeps (id) {
        id -> BigInt,
        until -> BigInt,
    }
}

table! {
    /// A view of `begun`, `drafts` and `results`.
    attempts (id) {
        no -> BigInt,
        id -> Text,
        quiz_id -> BigInt,
        member_id -> BigInt,
        unit_id -> BigInt,
        ordinal -> Integer,
        bank_revision -> Integer,
        draw_version -> Integer,
        seed -> BigInt,
        started_at -> BigInt,
        deadline -> Nullable<BigInt>,
        session_mark -> Nullable<BigInt>,
        answers -> Text,
        status -> Text,
        closed_by -> Nullable<Text>,
        submitted_at -> Nullable<BigInt>,
        elapsed_ms -> Nullable<BigInt>,
        score -> Nullable<BigInt>,
        max_score -> Nullable<BigInt>,
        correct -> Nullable<Integer>,
        total -> Nullable<Integer>,
        passed -> Nullable<Bool>,
        version -> BigInt,
        settled_no -> Nullable<BigInt>,
    }
}

table! {
    devices (id) {
        id -> BigInt,
        session_id -> Text,
        name -> Text,
        chain_key -> Nullable<Binary>,
    }
}

table! {
    learning (member_id, question_id) {
        member_id -> BigInt,
        question_id -> BigInt,
        seen -> Integer,
        wrong_times -> Integer,
        last_correct -> Bool,
        last_at -> BigInt,
        last_answer -> Text,
    }
}

table! {
    learned_attempts (attempt_id) {
        attempt_id -> Text,
    }
}

table! {
    study_days (member_id, day) {
        member_id -> BigInt,
        day -> Text,
        answered -> Integer,
    }
}

table! {
    favourites (member_id, question_id) {
        member_id -> BigInt,
        question_id -> BigInt,
        created_at -> BigInt,
    }
}

table! {
    attempt_events (attempt_no, ordinal) {
        attempt_no -> BigInt,
        ordinal -> Integer,
        kind -> Text,
        at -> BigInt,
        received_at -> BigInt,
        session_mark -> Nullable<BigInt>,
        report -> Nullable<BigInt>,
    }
}

table! {
    audit_log (id) {
        id -> BigInt,
        at -> BigInt,
        actor_id -> Nullable<BigInt>,
        action -> Text,
        subject_kind -> Text,
        subject_id -> Text,
        subject_name -> Text,
        unit_id -> Nullable<BigInt>,
        unit_name -> Nullable<Text>,
        unit_path -> Nullable<Text>,
        left_path -> Nullable<Text>,
        before -> Nullable<Text>,
        after -> Nullable<Text>,
        request_id -> Nullable<Text>,
    }
}

table! {
    voided_attempts (attempt_id) {
        attempt_id -> Text,
        at -> BigInt,
        by -> BigInt,
        reason -> Text,
    }
}

joinable!(members -> units (unit_id));
joinable!(sessions -> members (member_id));
joinable!(role_grants -> units (unit_id));
joinable!(role_grants -> members (member_id));
joinable!(memberships -> units (unit_id));
joinable!(question_versions -> questions (question_id));
joinable!(quizzes -> units (unit_id));
joinable!(quizzes -> banks (bank_id));
joinable!(results -> begun (attempt_no));
joinable!(attempts -> quizzes (quiz_id));
joinable!(attempts -> units (unit_id));
joinable!(attempts -> members (member_id));
joinable!(audit_log -> members (actor_id));
joinable!(voided_attempts -> attempts (attempt_id));
joinable!(voided_attempts -> members (by));
joinable!(bank_revisions -> members (created_by));
joinable!(devices -> sessions (session_id));
joinable!(learning -> questions (question_id));
joinable!(favourites -> questions (question_id));
joinable!(questions -> banks (bank_id));

allow_tables_to_appear_in_same_query!(
    units,
    members,
    memberships,
    role_grants,
    sessions,
    banks,
    bank_revisions,
    questions,
    question_versions,
    quizzes,
    begun,
    results,
    attempts,
    devices,
    learning,
    learned_attempts,
    favourites,
    audit_log,
    voided_attempts,
    unit_days,
    counted_voids,
);
