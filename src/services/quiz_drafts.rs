//! Quizzes that are not added yet: what the bank can fill, and a paper to look at.

use std::sync::Arc;

use super::quizzes::{QuizDraft, Quizzes, check, find_bank, find_unit, unknown_chapters};
use super::{Context, ServiceError};
use crate::domain::blueprint::Shortfall;
use crate::domain::draw::{Paper, draw};
use crate::domain::fill::{Fill, fill};
use crate::domain::points::Points;
use crate::domain::question::Fault;
use crate::domain::quiz::QuizRules;
use crate::domain::roles::Principal;
use crate::live::banks::BankSnapshot;
use crate::live::papers::SectionTexts;
use crate::store::AnyConnection;

/// What would become of a quiz.
#[derive(Clone, Debug)]
pub struct QuizCheck {
    /// How far the bank fills each section; nothing when there is no such bank.
    pub sections: Vec<Fill>,
    /// Items of a paper.
    pub total_count: u32,
    /// Points of a faultless paper.
    pub max_score: Points,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

/// A paper of a quiz that is not added.
pub struct QuizPreview {
    /// The rules of the quiz.
    pub rules: QuizRules,
    paper: Paper,
    snapshot: Arc<BankSnapshot>,
}

impl QuizPreview {
    /// Writes the items of the paper as a JSON list.
    pub fn write_items(&self, out: &mut Vec<u8>) {
        self.snapshot.texts().write(out, &self.paper, &SectionTexts::new(&self.rules.blueprint.sections));
    }
}

impl Quizzes {
    /// Looks at a quiz without adding it. What is wrong with it is a part of the answer.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] outside the caller's scope.
    pub async fn check(&self, principal: &Principal, draft: QuizDraft) -> Result<QuizCheck, ServiceError> {
        let (principal, context) = (principal.clone(), Arc::clone(&self.context));
        self.context.database.read(move |connection| look(&context, connection, &principal, &draft)).await
    }

    /// A paper as a member would get it.
    ///
    /// # Errors
    /// As [`Quizzes::create`].
    pub async fn preview(
        &self,
        principal: &Principal,
        draft: QuizDraft,
    ) -> Result<QuizPreview, ServiceError> {
        let (principal, context) = (principal.clone(), Arc::clone(&self.context));
        let seed = u64::from_le_bytes(self.context.random()?);
        self.context
            .database
            .read(move |connection| {
                let bank = draft.bank.clone();
                let rules = check(&context, connection, &principal, draft)?.rules;
                let bank = find_bank(connection, &bank)?;
                let snapshot = context.bank_snapshot(connection, bank.id, bank.revision)?;
                let plan = snapshot.plan(&rules.blueprint)?;
                let paper = draw(snapshot.questions(), &rules.blueprint, &plan, seed);
                Ok(QuizPreview { rules, paper, snapshot })
            })
            .await
    }
}

fn look(
    context: &Context,
    connection: &mut AnyConnection,
    principal: &Principal,
    draft: &QuizDraft,
) -> Result<QuizCheck, ServiceError> {
    let mut faults = Vec::new();
    faults_of(find_unit(connection, principal, draft), &mut faults)?;
    let blueprint = &draft.rules.blueprint;
    faults.extend(draft.rules.check().err().unwrap_or_default());
    let mut sections = vec![];
    if let Some(bank) = faults_of(find_bank(connection, &draft.bank), &mut faults)? {
        let snapshot = context.bank_snapshot(connection, bank.id, bank.revision)?;
        faults.extend(unknown_chapters(&snapshot, blueprint));
        sections = fill(snapshot.questions(), blueprint);
        let lacking = sections.iter().enumerate().filter(|(_, fill)| fill.missing > 0);
        faults.extend(lacking.map(|(section, fill)| {
            Shortfall { section, wanted: fill.wanted, missing: fill.missing }.fault()
        }));
    }
    let (total_count, max_score) = (blueprint.item_count(), blueprint.max_score());
    Ok(QuizCheck { sections, total_count, max_score, faults })
}

/// What was found, or its faults among the others.
fn faults_of<T>(found: Result<T, ServiceError>, faults: &mut Vec<Fault>) -> Result<Option<T>, ServiceError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(ServiceError::Invalid(found)) => {
            faults.extend(found);
            Ok(None)
        }
        Err(other) => Err(other),
    }
}
