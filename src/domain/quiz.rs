//! A quiz: when it is open, how often and how long a member may try, and what is revealed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::attempt::GRACE_MS;
use super::blueprint::Blueprint;
use super::message::Message;
use super::question::Fault;
use super::time::Millis;
use crate::message;

/// Longest title of a quiz, in characters.
pub const LONGEST_TITLE: usize = 200;

/// What a quiz is for, which decides what of it counts in the rankings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum QuizKind {
    /// A few items every day; the first attempt of each day counts, and attempts are allowed per day.
    Daily,
    /// A contest between units; the best attempt counts.
    Contest,
    /// An exam; the best attempt counts.
    Exam,
    /// For practice; never counts in a period's ranking.
    Practice,
}

impl QuizKind {
    /// The word for this kind in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Contest => "contest",
            Self::Exam => "exam",
            Self::Practice => "practice",
        }
    }

    /// The kind that `word` names, if any.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Daily, Self::Contest, Self::Exam, Self::Practice]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// When a member may see which answers were right, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reveal {
    /// As soon as the attempt is graded.
    AfterSubmit,
    /// Once the quiz has closed and no attempt can still be running.
    AfterClose,
    /// Never.
    Never,
}

impl Reveal {
    /// The word for this in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AfterSubmit => "after_submit",
            Self::AfterClose => "after_close",
            Self::Never => "never",
        }
    }

    /// The value that `word` names, if any.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::AfterSubmit, Self::AfterClose, Self::Never].into_iter().find(|reveal| reveal.as_str() == word)
    }
}

/// Where a quiz stands in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum QuizState {
    /// It has not opened yet.
    Upcoming,
    /// Attempts can be begun.
    Open,
    /// It is over.
    Closed,
}

/// The rules of one quiz.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuizRules {
    /// What members read in the list.
    pub title: String,
    /// What it is for.
    pub kind: QuizKind,
    /// From when attempts can be begun.
    pub opens_at: Millis,
    /// Until when; `None` for a quiz that stays open.
    pub closes_at: Option<Millis>,
    /// How long one attempt may take; `None` for no limit of its own.
    pub duration_seconds: Option<i64>,
    /// How many attempts a member has (for `daily`: each day); `None` for no limit.
    pub attempts_allowed: Option<i32>,
    /// Share of the points, in percent, that passes.
    pub pass_percent: u32,
    /// When right answers are shown.
    pub reveal: Reveal,
    /// What a paper is made of.
    pub blueprint: Blueprint,
}

impl QuizRules {
    /// Checks every rule by itself, without a bank. Pointers are relative to the quiz.
    ///
    /// # Errors
    /// Every fault that was found.
    pub fn check(&self) -> Result<(), Vec<Fault>> {
        let mut faults = self.blueprint.check().err().unwrap_or_default();
        let mut add =
            |pointer: &str, message: Message| faults.push(Fault { pointer: pointer.to_owned(), message });
        let title = self.title.trim();
        let length = title.chars().count();
        if !(1..=LONGEST_TITLE).contains(&length) || title.chars().any(char::is_control) {
            add(
                "/title",
                message!(
                    "标题为 1 到 {LONGEST_TITLE} 个字，不含控制符",
                    "a title has 1 to {LONGEST_TITLE} characters, none of them a control character"
                ),
            );
        }
        if self.closes_at.is_some_and(|closes_at| closes_at <= self.opens_at) {
            add("/closes_at", message!("结束时间须晚于开始时间", "must be after opens_at"));
        }
        if self.reveal == Reveal::AfterClose && self.closes_at.is_none() {
            add(
                "/closes_at",
                message!("结束后公布答案的测验须有结束时间", "a quiz that reveals after its close needs one"),
            );
        }
        if self.duration_seconds.is_some_and(|seconds| !(1..=7 * 86_400).contains(&seconds)) {
            add("/duration_seconds", message!("1 秒到 7 天", "1 second to 7 days"));
        }
        if self.attempts_allowed.is_some_and(|attempts| !(1..=1000).contains(&attempts)) {
            add(
                "/attempts_allowed",
                message!("1 到 1000 次；不限次数写 null", "1 to 1000; null for no limit"),
            );
        }
        if self.pass_percent > 100 {
            add("/pass_percent", message!("0 到 100", "0 to 100"));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// Where the quiz stands at `now`.
    pub fn state(&self, now: Millis) -> QuizState {
        if now < self.opens_at {
            QuizState::Upcoming
        } else if self.closes_at.is_some_and(|closes_at| now >= closes_at) {
            QuizState::Closed
        } else {
            QuizState::Open
        }
    }

    /// The deadline of an attempt begun at `started_at`: its own duration, and never past the close.
    pub fn deadline(&self, started_at: Millis) -> Option<Millis> {
        let own = self.duration_seconds.map(|seconds| started_at.plus_seconds(seconds));
        [own, self.closes_at].into_iter().flatten().min()
    }

    /// Whether a member may see at `now` which answers of a graded attempt were right.
    pub fn reveals(&self, now: Millis) -> bool {
        match self.reveal {
            Reveal::AfterSubmit => true,
            // The last attempt may use the grace after the close: until then a key could still help.
            Reveal::AfterClose => self.closes_at.is_some_and(|closes_at| now > closes_at.plus_ms(GRACE_MS)),
            Reveal::Never => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> QuizRules {
        QuizRules {
            title: "每日一练".into(),
            kind: QuizKind::Daily,
            opens_at: Millis(1000),
            closes_at: Some(Millis(61_000)),
            duration_seconds: Some(30),
            attempts_allowed: Some(1),
            pass_percent: 60,
            reveal: Reveal::AfterClose,
            blueprint: Blueprint { sections: vec![], shuffle_questions: true, shuffle_options: true },
        }
    }

    #[test]
    fn a_quiz_is_open_from_its_opening_until_just_before_its_close() {
        for (now, state) in [
            (999, QuizState::Upcoming),
            (1000, QuizState::Open),
            (60_999, QuizState::Open),
            (61_000, QuizState::Closed),
        ] {
            assert_eq!(rules().state(Millis(now)), state, "{now}");
        }
        assert_eq!(QuizRules { closes_at: None, ..rules() }.state(Millis(i64::MAX)), QuizState::Open);
    }

    #[test]
    fn the_deadline_is_the_duration_but_never_past_the_close() {
        assert_eq!(rules().deadline(Millis(1000)), Some(Millis(31_000)));
        assert_eq!(rules().deadline(Millis(60_000)), Some(Millis(61_000)));
        assert_eq!(
            QuizRules { duration_seconds: None, ..rules() }.deadline(Millis(1000)),
            Some(Millis(61_000))
        );
        let endless = QuizRules { duration_seconds: None, closes_at: None, ..rules() };
        assert_eq!(endless.deadline(Millis(1000)), None);
    }

    #[test]
    fn keys_stay_hidden_until_nobody_can_answer_any_more() {
        assert!(!rules().reveals(Millis(61_000)));
        assert!(!rules().reveals(Millis(66_000)));
        assert!(rules().reveals(Millis(66_001)));
        assert!(!QuizRules { closes_at: None, ..rules() }.reveals(Millis(i64::MAX)));
        assert!(QuizRules { reveal: Reveal::AfterSubmit, ..rules() }.reveals(Millis(0)));
        assert!(!QuizRules { reveal: Reveal::Never, ..rules() }.reveals(Millis(i64::MAX)));
    }

    #[test]
    fn faults_name_their_field() {
        let bad = QuizRules {
            title: " ".into(),
            closes_at: Some(Millis(1000)),
            duration_seconds: Some(0),
            attempts_allowed: Some(0),
            pass_percent: 101,
            ..rules()
        };
        let pointers: Vec<String> = bad.check().unwrap_err().into_iter().map(|fault| fault.pointer).collect();
        assert_eq!(
            pointers,
            ["/sections", "/title", "/closes_at", "/duration_seconds", "/attempts_allowed", "/pass_percent"]
        );
    }
}
