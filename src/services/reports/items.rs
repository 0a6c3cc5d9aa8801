//! Item analysis.

use std::collections::HashMap;

use futures_util::stream;

use super::export::{Export, PAGE, Pages};
use super::{Reports, column};
use crate::domain::ids::QuizId;
use crate::domain::item_statistics::{ItemFlag, ItemSums};
use crate::domain::message::{Language, Message};
use crate::domain::question::{Key, Kind, Question, letter};
use crate::domain::report::rate;
use crate::domain::roles::{Principal, Role};
use crate::formats::conventions::kind_name;
use crate::formats::sheets::{Cell, SheetRow};
use crate::message;
use crate::services::ServiceError;
use crate::services::practice::{Locked, find_locked};
use crate::store::item_versions::{self, ItemVersion};
use crate::store::quizzes::{self, QuizRow};
use crate::store::{banks, statistics};

pub use crate::domain::item_statistics::ItemOrder;

/// Which items are wanted.
#[derive(Clone, Debug)]
pub struct ItemQuery {
    /// The bank's code.
    pub bank: String,
    /// Only answers of this quiz.
    pub quiz: Option<QuizId>,
    /// In which order.
    pub order: ItemOrder,
    /// Only this chapter.
    pub chapter: Option<String>,
    /// Only items whose code or stem holds this.
    pub text: Option<String>,
}

/// An item, and how it was answered.
#[derive(Clone, Debug)]
pub struct ItemLine {
    /// The question's code.
    pub code: String,
    /// The revision in which this version came in.
    pub revision: i32,
    /// Its chapter.
    pub chapter: String,
    /// Its kind.
    pub kind: Kind,
    /// Its stem.
    pub stem: String,
    /// Its options.
    pub options: Vec<ItemOption>,
    /// Graded papers that showed it.
    pub shown: i64,
    /// Graded papers on which it was not left empty.
    pub answered: i64,
    /// The facility index, in percent.
    pub facility_percent: Option<f64>,
    /// The discrimination index, in percent.
    pub discrimination_percent: Option<f64>,
    /// What is wrong, or may be.
    pub flags: Vec<ItemFlag>,
}

/// An option, and how often it was chosen.
#[derive(Clone, Debug)]
pub struct ItemOption {
    /// Its letter; of a judge item `true` or `false`.
    pub id: String,
    /// What it says.
    pub text: Message,
    /// Whether it is right.
    pub is_key: bool,
    /// How often it was chosen.
    pub chosen: i64,
    /// Chosen ÷ answered.
    pub share: Option<f64>,
}

impl Reports {
    /// How the items of a bank were answered, as far as the caller may know their keys.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for a bank that does not exist, and for a quiz of another bank or scope.
    pub async fn items(
        &self,
        principal: &Principal,
        query: ItemQuery,
    ) -> Result<Vec<ItemLine>, ServiceError> {
        let knows_all = principal.is_root_admin();
        let locked =
            if knows_all { Locked::new() } else { find_locked(&self.context, principal.member_id).await? };
        let (principal, now) = (principal.clone(), self.context.clock.now());
        self.context
            .database
            .read(move |connection| {
                let bank = banks::get_bank(connection, &query.bank)?;
                let mut wanted = quizzes::list_quizzes(connection)?;
                wanted.retain(|quiz| quiz.bank_id == bank.id && concerns(&principal, quiz));
                if let Some(id) = query.quiz {
                    wanted.retain(|quiz| quiz.id == id);
                    if wanted.is_empty() {
                        return Err(ServiceError::NotFound("quiz"));
                    }
                }
                let tells = |quiz: &&QuizRow| knows_all || quiz.rules.reveals(now);
                let wanted: Vec<QuizId> = wanted.iter().filter(tells).map(|quiz| quiz.id).collect();
                let mut sums: HashMap<ItemVersion, ItemSums> = HashMap::new();
                for (key, of_quiz) in statistics::list_item_sums(connection, &wanted)? {
                    let version = ItemVersion { question: key.question, from_revision: key.from_revision };
                    sums.entry(version).or_default().add(&of_quiz, 1);
                }
                let versions = item_versions::list_all_versions(connection, bank.id)?;
                let mut lines: Vec<ItemLine> = versions
                    .into_iter()
                    .filter(|(_, question)| admits(&query, question))
                    .filter(|(_, question)| !locked.contains(&(bank.id, question.code.clone())))
                    .filter_map(|(version, question)| {
                        let sums = sums.get(&version).filter(|sums| sums.shown > 0)?;
                        Some(line(version, question, sums))
                    })
                    .collect();
                sort(&mut lines, query.order);
                Ok(lines)
            })
            .await
    }

    /// The list as a file.
    ///
    /// # Errors
    /// [`ServiceError::Busy`] when too many files are being written.
    pub fn export_items(&self, lines: Vec<ItemLine>, language: Language) -> Result<Export, ServiceError> {
        let columns = vec![
            column(language, &message!("题号", "Code"), 14.0),
            column(language, &message!("版本", "Revision"), 8.0),
            column(language, &message!("章节", "Chapter"), 20.0),
            column(language, &message!("题型", "Kind"), 8.0),
            column(language, &message!("题干", "Stem"), 56.0),
            column(language, &message!("出现次数", "Shown"), 10.0),
            column(language, &message!("作答次数", "Answered"), 10.0),
            column(language, &message!("难度（得分率，%）", "Facility %"), 12.0),
            column(language, &message!("区分度（%）", "Discrimination %"), 14.0),
            column(language, &message!("选项", "Options"), 44.0),
            column(language, &message!("提示", "Flags"), 30.0),
        ];
        let sheet = message!("试题分析", "Items").text(language).to_owned();
        let rest = lines.into_iter();
        let pages: Pages = Box::pin(stream::unfold(rest, move |mut rest| async move {
            let rows: Vec<SheetRow> = rest.by_ref().take(PAGE).map(|line| row(line, language)).collect();
            (!rows.is_empty()).then_some((Ok(rows), rest))
        }));
        Export::new(&self.exports, sheet, columns, pages)
    }
}

/// Whether a quiz is of the units that the caller leads, or of those above them.
fn concerns(principal: &Principal, quiz: &QuizRow) -> bool {
    let led = principal.grants.iter().filter(|grant| grant.role != Role::Member);
    principal.is_leader_of(&quiz.unit_path)
        || led.into_iter().any(|grant| grant.path.is_inside(&quiz.unit_path))
}

fn admits(query: &ItemQuery, question: &Question) -> bool {
    let holds = |text: &String| {
        let text = text.to_lowercase();
        question.code.to_lowercase().contains(&text) || question.stem.to_lowercase().contains(&text)
    };
    query.chapter.as_ref().is_none_or(|chapter| question.chapter == *chapter)
        && query.text.as_ref().is_none_or(holds)
}

/// The options of a question: what names each, what it says, and whether it is right.
fn options(question: &Question) -> Vec<(String, Message, bool)> {
    match &question.key {
        Key::Options(right) => {
            let option = |(position, text): (usize, &String)| {
                (letter(position), Message::new(text.as_str(), text.as_str()), right.contains(&position))
            };
            question.options.iter().enumerate().map(option).collect()
        }
        Key::Truth(truth) => vec![
            ("true".into(), message!("正确", "True"), *truth),
            ("false".into(), message!("错误", "False"), !*truth),
        ],
        Key::Gaps(_) | Key::Reference(_) => vec![],
    }
}

fn line(version: ItemVersion, question: Question, sums: &ItemSums) -> ItemLine {
    let named = options(&question);
    let keys: Vec<bool> = named.iter().map(|(_, _, is_key)| *is_key).collect();
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    let options = (0_u8..).zip(named).map(|(position, (id, text, is_key))| {
        let chosen = sums.chosen(position);
        ItemOption { id, text, is_key, chosen, share: rate(count(chosen), count(sums.answered)) }
    });
    ItemLine {
        options: options.collect(),
        code: question.code,
        revision: version.from_revision,
        chapter: question.chapter,
        kind: question.kind,
        stem: question.stem,
        shown: sums.shown,
        answered: sums.answered,
        facility_percent: sums.facility_percent(),
        discrimination_percent: sums.discrimination_percent(),
        flags: sums.flags(&keys),
    }
}

fn sort(lines: &mut [ItemLine], order: ItemOrder) {
    // What has no index is not suspect by it.
    let index = |index: Option<f64>| index.unwrap_or(f64::MAX);
    let by_code = |a: &ItemLine, b: &ItemLine| (&a.code, a.revision).cmp(&(&b.code, b.revision));
    let by_facility = |a: &ItemLine, b: &ItemLine| {
        index(a.facility_percent).total_cmp(&index(b.facility_percent)).then_with(|| by_code(a, b))
    };
    lines.sort_unstable_by(|a, b| match order {
        ItemOrder::Code => by_code(a, b),
        ItemOrder::Facility => by_facility(a, b),
        ItemOrder::Suspect => {
            let worst = |line: &ItemLine| (line.flags.is_empty(), line.flags.first().copied());
            let discrimination = |line: &ItemLine| index(line.discrimination_percent);
            worst(a)
                .cmp(&worst(b))
                .then_with(|| discrimination(a).total_cmp(&discrimination(b)))
                .then_with(|| by_facility(a, b))
        }
    });
}

fn row(line: ItemLine, language: Language) -> SheetRow {
    let kind = match language {
        Language::Chinese => kind_name(line.kind),
        Language::English => line.kind.as_str(),
    };
    let mark = |option: &ItemOption| {
        let (id, chosen) = (&option.id, option.chosen);
        let share = option.share.map(|share| format!(" ({:.1}%)", share * 100.0)).unwrap_or_default();
        let key = if option.is_key { " ✓" } else { "" };
        format!("{id}{key} {chosen}{share}")
    };
    let flags: Vec<String> =
        line.flags.iter().map(|flag| flag_name(*flag).text(language).to_owned()).collect();
    vec![
        line.code.into(),
        i64::from(line.revision).into(),
        line.chapter.into(),
        kind.into(),
        line.stem.into(),
        line.shown.into(),
        line.answered.into(),
        line.facility_percent.into(),
        line.discrimination_percent.into(),
        Cell::Text(line.options.iter().map(mark).collect::<Vec<_>>().join("\n")),
        Cell::Text(flags.join("\n")),
    ]
}

fn flag_name(flag: ItemFlag) -> Message {
    match flag {
        ItemFlag::NegativeDiscrimination => {
            message!("区分度为负，请核对答案", "negative discrimination: check the key")
        }
        ItemFlag::DistractorOverKey => {
            message!("错误选项选的人比正确选项多", "a wrong option was chosen more often than a right one")
        }
        ItemFlag::TooHard => message!("过难", "too hard"),
        ItemFlag::TooEasy => message!("过易", "too easy"),
        ItemFlag::NeverChosenOption => message!("有选项无人选择", "an option was never chosen"),
    }
}
