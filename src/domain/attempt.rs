//! The life of an attempt, as far as time decides it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time::Millis;

/// How long after the deadline an answer is still taken: what a slow network may cost a member.
pub const GRACE_MS: i64 = 5_000;

/// Where an attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AttemptStatus {
    /// The member may still answer, or nobody has settled it yet.
    Running,
    /// It has its result.
    Graded,
    /// It had its result, and an admin has voided it: it counts for nothing.
    Voided,
}

impl AttemptStatus {
    /// The word for this status in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Graded => "graded",
            Self::Voided => "voided",
        }
    }
}

/// Whether an attempt with this deadline still takes answers at `now`.
pub fn takes_answers(deadline: Option<Millis>, now: Millis) -> bool {
    deadline.is_none_or(|deadline| now <= deadline.plus_ms(GRACE_MS))
}

/// The latest deadline that is settled at `now`: attempts with this one or an earlier one take no
/// answers any more.
pub fn settled_deadline(now: Millis) -> Millis {
    now.plus_ms(-GRACE_MS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_taken_until_the_grace_is_over_and_settling_begins_just_then() {
        let deadline = Millis(100_000);
        for now in [0, 100_000, 105_000] {
            assert!(takes_answers(Some(deadline), Millis(now)));
            assert!(settled_deadline(Millis(now)) < deadline);
        }
        assert!(!takes_answers(Some(deadline), Millis(105_001)));
        assert!(settled_deadline(Millis(105_001)) >= deadline);
        assert!(takes_answers(None, Millis(i64::MAX)));
    }
}
