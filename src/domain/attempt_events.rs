//! What happens around an attempt, for a person to judge. None of it changes a score, a rank or the attempt.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::quiz::QuizKind;
use super::time::Millis;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// An attempt that was begun in one session was answered in another.
    OtherDevice,
    /// The page with the paper was hidden: another app, a locked screen, a call.
    LeftPage,
    /// It was shown again.
    CameBack,
}

impl EventKind {
    /// The word for this kind in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OtherDevice => "other_device",
            Self::LeftPage => "left_page",
            Self::CameBack => "came_back",
        }
    }

    /// The kind that `word` names, if any.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::OtherDevice, Self::LeftPage, Self::CameBack].into_iter().find(|kind| kind.as_str() == word)
    }

    /// How many of this kind, those of a page taken together, are kept of one attempt: what comes after is not.
    pub fn most(self) -> usize {
        match self {
            Self::OtherDevice => 20,
            Self::LeftPage | Self::CameBack => 200,
        }
    }
}

/// Whether events are recorded at quizzes of this kind: only where something hangs on the result.
pub fn are_recorded(kind: QuizKind) -> bool {
    matches!(kind, QuizKind::Contest | QuizKind::Exam)
}

/// When something happened that is told of later: so long before now by the server's clock, within the attempt.
pub fn happened_at(now: Millis, ms_ago: i64, begun: Millis, ended: Option<Millis>) -> Millis {
    let latest = ended.map_or(now, |ended| ended.min(now)).max(begun);
    now.plus_ms(ms_ago.max(0).saturating_neg()).max(begun).min(latest)
}

/// How long a page was hidden, in milliseconds: each absence from when it was left until it was shown again or
/// `until`. `events` in the order of their times.
pub fn time_away(events: impl IntoIterator<Item = (EventKind, Millis)>, until: Millis) -> i64 {
    let mut away = 0_i64;
    let mut left: Option<Millis> = None;
    for (kind, at) in events {
        match kind {
            EventKind::LeftPage => left = left.or(Some(at)),
            EventKind::CameBack => {
                away = away.saturating_add(left.take().map_or(0, |left| at.since(left).max(0)));
            }
            EventKind::OtherDevice => {}
        }
    }
    away.saturating_add(left.map_or(0, |left| until.since(left).max(0)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_kind_is_found_by_its_word() {
        for kind in [EventKind::OtherDevice, EventKind::LeftPage, EventKind::CameBack] {
            assert_eq!(EventKind::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!(EventKind::parse("cheated"), None);
    }

    #[test]
    fn only_contests_and_exams_are_recorded() {
        let kinds = [QuizKind::Daily, QuizKind::Contest, QuizKind::Exam, QuizKind::Practice];
        assert_eq!(kinds.map(are_recorded), [false, true, true, false]);
    }

    #[test]
    fn time_away_is_what_lies_between_leaving_and_coming_back() {
        use EventKind::{CameBack, LeftPage, OtherDevice};
        let away = |events: &[(EventKind, i64)]| {
            time_away(events.iter().map(|&(kind, at)| (kind, Millis(at))), Millis(100))
        };
        assert_eq!(away(&[]), 0);
        assert_eq!(away(&[(LeftPage, 10), (CameBack, 30), (LeftPage, 50), (CameBack, 55)]), 25);
        // Left for good, told twice, and come back without having left.
        assert_eq!(away(&[(LeftPage, 90)]), 10);
        assert_eq!(away(&[(LeftPage, 10), (LeftPage, 20), (CameBack, 30)]), 20);
        assert_eq!(away(&[(CameBack, 30), (OtherDevice, 40)]), 0);
    }

    proptest! {
        #[test]
        fn an_event_lies_within_its_attempt_whatever_is_told(
            now in 0..1_000_000_i64, ms_ago: i64, begun in 0..1_000_000_i64, ended in proptest::option::of(0..1_000_000_i64)
        ) {
            let ended = ended.map(|ended| Millis(begun.max(ended)));
            let at = happened_at(Millis(now), ms_ago, Millis(begun), ended);
            prop_assert!(at >= Millis(begun));
            prop_assert!(at <= Millis(now.max(begun)));
            prop_assert!(ended.is_none_or(|ended| at <= ended));
        }
    }
}
