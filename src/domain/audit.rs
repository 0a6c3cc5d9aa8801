//! What admins change, as the audit log tells it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::message::Message;
use crate::message;

/// Named values of a thing that is changed. Never a secret.
pub type Facts = Map<String, Value>;

// A word is a token, not a literal: else utoipa does not see what serde renames to.
macro_rules! actions {
    ($($(#[$meta:meta])* $variant:ident $word:tt $chinese:literal $english:literal;)+) => {
        /// What was done: a stable word, the kind of thing first.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        pub enum Action {
            $($(#[$meta])* #[serde(rename = $word)] $variant,)+
        }

        impl Action {
            /// Every action.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word for this action in JSON and in the database.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The action that `word` names, if any.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }

            /// What it is called.
            pub fn name(self) -> Message {
                match self { $(Self::$variant => Message::new($chinese, $english),)+ }
            }
        }
    };
}

actions! {
    /// A unit was added.
    UnitAdded "unit.added" "新增组织" "Unit added";
    /// A unit has another name, code or kind.
    UnitRenamed "unit.renamed" "组织改名" "Unit renamed";
    /// A unit stands below another one.
    UnitMoved "unit.moved" "组织调整" "Unit moved";
    /// A unit was removed.
    UnitRemoved "unit.removed" "删除组织" "Unit removed";
    /// Units were taken from a file.
    UnitsImported "units.imported" "导入组织" "Units imported";
    /// A member was added.
    MemberAdded "member.added" "新增成员" "Member added";
    /// A member has another name.
    MemberRenamed "member.renamed" "成员改名" "Member renamed";
    /// A member belongs to another unit.
    MemberTransferred "member.transferred" "成员转移" "Member transferred";
    /// A member has left.
    MemberLeft "member.left" "成员离开" "Member left";
    /// A member who had left is back.
    MemberReturned "member.returned" "成员恢复" "Member returned";
    /// Who a member was who had left was taken away.
    MemberAnonymised "member.anonymised" "成员匿名化" "Member anonymised";
    /// A member has other roles.
    RolesChanged "roles.changed" "变更角色" "Roles changed";
    /// A member was given a new initial password.
    PasswordReset "password.reset" "重置密码" "Password reset";
    /// Members were taken from a file.
    MembersImported "members.imported" "导入成员" "Members imported";
    /// A question bank was added.
    BankAdded "bank.added" "新建题库" "Bank added";
    /// Questions were taken from a file.
    BankImported "bank.imported" "导入题目" "Questions imported";
    /// A revision of a bank was taken back.
    BankUndone "bank.undone" "撤销导入或修改" "Revision taken back";
    /// A question was added.
    QuestionAdded "question.added" "新增题目" "Question added";
    /// A question was edited.
    QuestionChanged "question.changed" "修改题目" "Question changed";
    /// A question was retired.
    QuestionRetired "question.retired" "停用题目" "Question retired";
    /// A quiz was added.
    QuizAdded "quiz.added" "新建测验" "Quiz added";
    /// A quiz that nobody had begun was changed.
    QuizChanged "quiz.changed" "修改测验" "Quiz changed";
    /// A quiz that nobody had begun was removed.
    QuizRemoved "quiz.removed" "删除测验" "Quiz removed";
    /// A quiz was closed early.
    QuizClosed "quiz.closed" "提前结束测验" "Quiz closed early";
    /// A quiz closes later.
    QuizExtended "quiz.extended" "延长测验" "Quiz extended";
    /// An attempt was voided.
    AttemptVoided "attempt.voided" "作废答卷" "Attempt voided";
}

/// What kind of thing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// A unit.
    Unit,
    /// A member.
    Member,
    /// A question bank.
    Bank,
    /// A question.
    Question,
    /// A quiz.
    Quiz,
    /// An attempt.
    Attempt,
}

impl SubjectKind {
    /// The word for this kind in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Member => "member",
            Self::Bank => "bank",
            Self::Question => "question",
            Self::Quiz => "quiz",
            Self::Attempt => "attempt",
        }
    }

    /// What it is called.
    pub fn name(self) -> Message {
        match self {
            Self::Unit => message!("组织", "Unit"),
            Self::Member => message!("成员", "Member"),
            Self::Bank => message!("题库", "Bank"),
            Self::Question => message!("题目", "Question"),
            Self::Quiz => message!("测验", "Quiz"),
            Self::Attempt => message!("答卷", "Attempt"),
        }
    }

    /// The kind that `word` names, if any.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Unit, Self::Member, Self::Bank, Self::Question, Self::Quiz, Self::Attempt]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// Leaves of two states of a thing only what differs.
pub fn differing(mut before: Facts, mut after: Facts) -> (Facts, Facts) {
    let same: Vec<String> = before
        .iter()
        .filter(|(name, value)| after.get(name.as_str()) == Some(value))
        .map(|(name, _)| name.clone())
        .collect();
    for name in same {
        before.remove(&name);
        after.remove(&name);
    }
    (before, after)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_action_is_found_by_its_word_and_its_kind_is_the_first_part() {
        for &action in Action::ALL {
            assert_eq!(Action::parse(action.as_str()), Some(action));
            assert_eq!(serde_json::to_value(action).unwrap(), action.as_str());
            assert!(action.as_str().split_once('.').is_some());
        }
        assert_eq!(Action::parse("member.paid"), None);
    }

    #[test]
    fn only_what_differs_is_left() {
        let facts = |value: Value| value.as_object().unwrap().clone();
        let (before, after) = differing(
            facts(json!({"name": "甲", "unit": 3, "gone": null})),
            facts(json!({"name": "乙", "unit": 3, "new": [1]})),
        );
        assert_eq!(Value::Object(before), json!({"name": "甲", "gone": null}));
        assert_eq!(Value::Object(after), json!({"name": "乙", "new": [1]}));
    }
}
