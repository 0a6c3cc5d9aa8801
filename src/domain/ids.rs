//! Identities. Each table has its own type, so that one is never taken for another.

use std::fmt;

macro_rules! id {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }
    )+};
}

id! {
    /// A unit of the organisation.
    UnitId,
    /// A member, that is, an account.
    MemberId,
    /// A question bank.
    BankId,
    /// A question, the same through all its revisions.
    QuestionId,
    /// A quiz.
    QuizId,
}

/// An attempt: a UUIDv7 in its hyphenated form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId(pub String);

impl fmt::Display for AttemptId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A session: one login on one device, a chain of refresh tokens. 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SessionId(pub String);

impl SessionId {
    /// A mark by which the session is known again where its id must not stand: the id is half of a refresh token.
    /// `None` for what is no id.
    pub fn mark(&self) -> Option<i64> {
        u64::from_str_radix(self.0.get(..16)?, 16).ok().map(u64::cast_signed)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
