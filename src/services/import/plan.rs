//! The questions of a file against those of a bank.

use std::collections::{HashMap, HashSet, VecDeque};

use super::check::{Checked, Taken, no_chapter};
use super::{Progress, Stage};
use crate::domain::duplicates::{compared, find_alike};
use crate::domain::question::{Kind, Question};
use crate::formats::{ImportReport, MOST_PREVIEWED, Place, PreviewedQuestion, QuestionFate};
use crate::message;
use crate::store::banks::{BankRow, QuestionRow};

/// Most warnings of alike stems in one report.
const MOST_ALIKE: usize = 1_000;

/// What an import would do.
pub(in crate::services) struct Plan {
    /// Questions that the bank has not.
    pub added: Vec<Question>,
    /// Questions that differ from the bank's: as they stand there, and as they are to be.
    pub updated: Vec<(QuestionRow, Question)>,
    /// The report; its revision is the one that was compared with.
    pub report: ImportReport,
}

impl Plan {
    /// Whether the bank has all of it already.
    pub(in crate::services) fn changes_nothing(&self) -> bool {
        self.added.is_empty() && self.updated.is_empty()
    }
}

/// What becomes of one question.
enum Fate<'a> {
    Added(Question),
    Updated(&'a QuestionRow, Question),
    Unchanged(&'a QuestionRow),
}

impl Fate<'_> {
    fn preview(&self, taken: &Taken) -> PreviewedQuestion {
        let (fate, question, before) = match self {
            Self::Added(question) => (QuestionFate::Added, question, None),
            Self::Updated(row, question) => (QuestionFate::Updated, question, Some(row.question.clone())),
            Self::Unchanged(row) => (QuestionFate::Unchanged, &row.question, None),
        };
        PreviewedQuestion { at: taken.at.clone(), fate, question: question.clone(), before }
    }
}

/// By what a question without a code is found again: its kind, and its stem and options as they are
/// compared, the options in any order.
type Likeness = (Kind, String, Vec<String>);

fn likeness(question: &Question) -> Likeness {
    let mut options: Vec<String> = question.options.iter().map(|option| compared(option)).collect();
    options.sort_unstable();
    (question.kind, compared(&question.stem), options)
}

/// Compares the questions of a file with `current`, the bank's. `codes` are all that the bank has ever
/// used: a made code is none of them.
pub(in crate::services) fn plan(
    bank: &BankRow,
    current: &[QuestionRow],
    codes: Vec<String>,
    checked: &Checked,
    format: &'static str,
    progress: &Progress,
) -> Plan {
    let total = checked.taken.len();
    progress.tell(Stage::Comparing, 0, total);
    let mut warnings = checked.warnings.clone();
    let fates = fates(current, codes, checked, &mut warnings);
    warn_of_alike(current, checked, &fates, &mut warnings);
    let first = fates.iter().zip(&checked.taken).take(MOST_PREVIEWED);
    let preview = first.map(|(fate, taken)| fate.preview(taken)).collect();
    let (mut added, mut updated) = (Vec::new(), Vec::new());
    for (fate, taken) in fates.into_iter().zip(&checked.taken) {
        match fate {
            Fate::Added(question) => {
                if taken.silent.has_no_chapter() {
                    warnings.push(no_chapter(&taken.at));
                }
                added.push(question);
            }
            Fate::Updated(row, question) => updated.push((row.clone(), question)),
            Fate::Unchanged(_) => {}
        }
    }
    progress.tell(Stage::Comparing, total, total);
    let report = ImportReport {
        format,
        revision: bank.revision,
        found: total + checked.rejected.len(),
        added: added.len(),
        updated: updated.len(),
        unchanged: total - added.len() - updated.len(),
        rejected: checked.rejected.clone(),
        warnings,
        preview: Some(preview),
    };
    Plan { added, updated, report }
}

fn fates<'a>(
    current: &'a [QuestionRow],
    codes: Vec<String>,
    checked: &Checked,
    warnings: &mut Vec<Place>,
) -> Vec<Fate<'a>> {
    let by_code: HashMap<&str, &QuestionRow> =
        current.iter().map(|row| (row.question.code.as_str(), row)).collect();
    let named: HashSet<&str> = checked.taken.iter().map(|taken| taken.question.code.as_str()).collect();
    let mut by_likeness: HashMap<Likeness, VecDeque<&QuestionRow>> = HashMap::new();
    if named.contains("") {
        for row in current.iter().filter(|row| !named.contains(row.question.code.as_str())) {
            by_likeness.entry(likeness(&row.question)).or_default().push_back(row);
        }
    }
    let mut codes = Codes::new(codes, &named);
    let mut first_made: Option<(&str, String)> = None;
    let mut fate = |taken: &'_ Taken| {
        let question = &taken.question;
        let known = if question.code.is_empty() {
            by_likeness.get_mut(&likeness(question)).and_then(VecDeque::pop_front)
        } else {
            by_code.get(question.code.as_str()).copied()
        };
        let Some(row) = known else {
            let mut question = question.clone();
            if question.code.is_empty() {
                question.code = codes.make(question.kind);
            }
            return Fate::Added(question);
        };
        let mut question = taken.silent.fill(question, &row.question);
        question.code.clone_from(&row.question.code);
        if question == row.question { Fate::Unchanged(row) } else { Fate::Updated(row, question) }
    };
    let mut fates = Vec::with_capacity(checked.taken.len());
    let mut made = 0_usize;
    for taken in &checked.taken {
        let fate = fate(taken);
        if let Fate::Added(question) = &fate
            && taken.question.code.is_empty()
        {
            made += 1;
            first_made.get_or_insert_with(|| (taken.at.as_str(), question.code.clone()));
        }
        fates.push(fate);
    }
    if let Some((at, code)) = first_made {
        let message = message!(
            "有 {made} 题没有题号，已自动编号，从 {code} 起",
            "{made} questions have no code and were given one, from {code} on"
        );
        warnings.push(Place { at: at.to_owned(), message });
    }
    fates
}

/// Makes codes such as `single-0001`: the kind, and the next number that the bank has never used with it.
struct Codes<'a> {
    taken: HashSet<String>,
    named: &'a HashSet<&'a str>,
    next: HashMap<Kind, usize>,
}

impl<'a> Codes<'a> {
    fn new(codes: Vec<String>, named: &'a HashSet<&'a str>) -> Self {
        Self { taken: codes.into_iter().collect(), named, next: HashMap::new() }
    }

    fn make(&mut self, kind: Kind) -> String {
        let next = self.next.entry(kind).or_insert(1);
        loop {
            let code = format!("{}-{next:04}", kind.as_str());
            *next += 1;
            if !self.taken.contains(&code) && !self.named.contains(code.as_str()) {
                return code;
            }
        }
    }
}

/// Tells of stems that are new or changed and like another one of the file or the bank.
fn warn_of_alike(current: &[QuestionRow], checked: &Checked, fates: &[Fate<'_>], warnings: &mut Vec<Place>) {
    let replaced: HashSet<&str> = fates
        .iter()
        .filter_map(|fate| match fate {
            Fate::Updated(row, _) => Some(row.question.code.as_str()),
            Fate::Added(_) | Fate::Unchanged(_) => None,
        })
        .collect();
    let old = current.iter().map(|row| &row.question).filter(|old| !replaced.contains(old.code.as_str()));
    let mut all: Vec<(&Question, Option<&str>)> = old.map(|question| (question, None)).collect();
    let first = all.len();
    for (fate, taken) in fates.iter().zip(&checked.taken) {
        if let Fate::Added(question) | Fate::Updated(_, question) = fate {
            all.push((question, Some(&taken.at)));
        }
    }
    let stems: Vec<&str> = all.iter().map(|(question, _)| question.stem.as_str()).collect();
    let found = find_alike(&stems, first);
    for alike in found.iter().take(MOST_ALIKE) {
        let (Some((this, Some(at))), Some((earlier, earlier_at))) =
            (all.get(alike.this), all.get(alike.earlier))
        else {
            continue;
        };
        let percent = (alike.likeness * 100.0).floor();
        let same = this.kind == earlier.kind && likeness(this).2 == likeness(earlier).2;
        let (options, english_options) = match (this.kind.has_options(), same) {
            (true, true) => ("，选项也相同", ", and so are the options"),
            (true, false) => ("，选项不同", "; the options differ"),
            (false, _) => ("", ""),
        };
        let (other, english_other) = match earlier_at {
            Some(at) => ((*at).to_owned(), (*at).to_owned()),
            None => (format!("题库中的 {}", earlier.code), format!("{} of the bank", earlier.code)),
        };
        let message = message!(
            "题干与{other}相似（{percent}%{options}），请确认是否重复",
            "the stem is like that of {english_other} ({percent} % alike{english_options}); see whether it is a repetition"
        );
        warnings.push(Place { at: (*at).to_owned(), message });
    }
    if let Some(alike) = found.get(MOST_ALIKE) {
        let more = found.len() - MOST_ALIKE;
        let at = all.get(alike.this).and_then(|(_, at)| *at).unwrap_or_default().to_owned();
        let message = message!("还有 {more} 题的题干与别的题相似", "{more} more stems are like others");
        warnings.push(Place { at, message });
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
