//! Bank revisions in memory. A revision never changes, so a snapshot is shared by everybody who draws
//! from it, and an attempt that was begun before an edit keeps its own.

use std::sync::Arc;

use quick_cache::sync::Cache;

use super::papers::ItemTexts;
use crate::domain::blueprint::{Blueprint, Plan, Shortfall};
use crate::domain::ids::BankId;
use crate::domain::question::Question;

/// Bank revisions that are kept: those in use and those that running attempts still need.
const MOST_SNAPSHOTS: usize = 32;
/// Plans that are kept for one revision: one a quiz.
const MOST_PLANS: usize = 256;

/// The questions of one bank revision.
pub struct BankSnapshot {
    questions: Vec<Question>,
    texts: ItemTexts,
    plans: Cache<Blueprint, Arc<Plan>>,
}

impl BankSnapshot {
    /// A snapshot of `questions`, which are in the order of their codes.
    pub fn new(questions: Vec<Question>) -> Self {
        let texts = ItemTexts::new(&questions);
        Self { questions, texts, plans: Cache::new(MOST_PLANS) }
    }

    /// The questions, in the order of their codes.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// The items as JSON, ready to be copied into papers.
    pub fn texts(&self) -> &ItemTexts {
        &self.texts
    }

    /// `blueprint` matched with this revision; worked out once.
    ///
    /// # Errors
    /// The sections that this revision cannot fill.
    pub fn plan(&self, blueprint: &Blueprint) -> Result<Arc<Plan>, Vec<Shortfall>> {
        self.plans.get_or_insert_with(blueprint, || Plan::new(&self.questions, blueprint).map(Arc::new))
    }
}

/// The snapshots of all banks.
pub struct BankCache {
    snapshots: Cache<(BankId, i32), Arc<BankSnapshot>>,
}

impl BankCache {
    /// An empty cache.
    pub fn new() -> Self {
        Self { snapshots: Cache::new(MOST_SNAPSHOTS) }
    }

    /// The snapshot of a revision; `load` is asked for it when it is not in memory, once even when many
    /// want it at the same time.
    ///
    /// # Errors
    /// What `load` fails with.
    pub fn get_or_load<E>(
        &self,
        bank: BankId,
        revision: i32,
        load: impl FnOnce() -> Result<BankSnapshot, E>,
    ) -> Result<Arc<BankSnapshot>, E> {
        self.snapshots.get_or_insert_with(&(bank, revision), || load().map(Arc::new))
    }
}

impl BankCache {
    /// The snapshot of a revision, if it is in memory.
    pub fn get(&self, bank: BankId, revision: i32) -> Option<Arc<BankSnapshot>> {
        self.snapshots.get(&(bank, revision))
    }
}

impl Default for BankCache {
    fn default() -> Self {
        Self::new()
    }
}
