//! Quizzes in memory: what beginning an attempt and showing a board ask for each time.

use std::sync::Arc;

use super::{Context, ServiceError};
use crate::domain::ids::QuizId;
use crate::live::latest::Dated;
use crate::live::papers::SectionTexts;
use crate::store::quizzes::{self, QuizRow};
use crate::store::{AnyConnection, banks};

/// A quiz in memory, with what its papers are made of.
pub struct LiveQuiz {
    /// The quiz.
    pub quiz: QuizRow,
    /// What its sections add to the items of a paper.
    pub sections: SectionTexts,
    /// The bank's revision that is drawn from now.
    pub bank_revision: i32,
    /// The generation under which it was read.
    generation: u64,
}

impl Dated for LiveQuiz {
    fn generation(&self) -> u64 {
        self.generation
    }

    fn version(&self) -> i64 {
        0
    }
}

impl Context {
    /// A quiz from memory or, when it may have changed, from the database.
    pub(super) async fn live_quiz(self: &Arc<Self>, id: QuizId) -> Result<Arc<LiveQuiz>, ServiceError> {
        let generation = self.database.freshness().generation();
        if let Some(live) = self.quizzes.get(&id, generation) {
            return Ok(live);
        }
        let context = Arc::clone(self);
        self.database.read(move |connection| context.read_live_quiz(connection, id, generation)).await
    }

    /// The same on a connection that is at hand. `generation` was asked for before anything was read.
    pub(super) fn read_live_quiz(
        &self,
        connection: &mut AnyConnection,
        id: QuizId,
        generation: Option<u64>,
    ) -> Result<Arc<LiveQuiz>, ServiceError> {
        if let Some(live) = self.quizzes.get(&id, generation) {
            return Ok(live);
        }
        let quiz = quizzes::get_quiz(connection, id)?;
        let bank_revision = banks::get_bank_by_id(connection, quiz.bank_id)?.revision;
        let sections = SectionTexts::new(&quiz.rules.blueprint.sections);
        let live = Arc::new(LiveQuiz { quiz, sections, bank_revision, generation: generation.unwrap_or(0) });
        if generation.is_some() {
            self.quizzes.put(&id, Arc::clone(&live));
        }
        Ok(live)
    }
}
