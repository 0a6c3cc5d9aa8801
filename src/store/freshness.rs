//! Whether what is held in memory is still what the database says.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A number that grows with every committed change of what services hold in memory: people, units,
/// sessions, quizzes, banks. What was read under one number is good as long as the number stands.
#[derive(Debug)]
pub struct Freshness {
    generation: AtomicU64,
    /// False while changes that other instances make cannot be heard of.
    hears_others: AtomicBool,
    /// Whether other instances have written results that were not asked for yet.
    expects_results: AtomicBool,
    /// Whether this instance has written results that the others were not told of yet.
    has_written_results: AtomicBool,
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "SQLite has one instance"))]
    instance: String,
}

impl Freshness {
    /// Those of one instance, which `instance` tells from the others.
    pub(super) fn new(hears_others: bool, instance: String) -> Self {
        Self {
            generation: AtomicU64::new(0),
            hears_others: AtomicBool::new(hears_others),
            expects_results: AtomicBool::new(false),
            has_written_results: AtomicBool::new(false),
            instance,
        }
    }

    /// The generation of what is read from now on; `None` while nothing may be held. To be asked before
    /// the reading.
    pub fn generation(&self) -> Option<u64> {
        self.hears_others.load(Ordering::Acquire).then(|| self.generation.load(Ordering::Acquire))
    }

    /// Makes everything stale that was read before.
    pub(super) fn advance(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// Tells whether the changes of other instances are heard of from now on.
    #[cfg(feature = "postgres")]
    pub(super) fn set_hears_others(&self, hears: bool) {
        self.advance();
        self.hears_others.store(hears, Ordering::Release);
    }

    /// Notes that this instance has written results.
    pub(super) fn note_results(&self) {
        self.has_written_results.store(true, Ordering::Release);
    }

    #[cfg(feature = "postgres")]
    pub(super) fn take_results_written(&self) -> bool {
        self.has_written_results.swap(false, Ordering::AcqRel)
    }

    #[cfg(feature = "postgres")]
    pub(super) fn expect_results(&self) {
        self.expects_results.store(true, Ordering::Release);
    }

    /// Whether other instances have written results since this was last asked.
    pub fn take_results_expected(&self) -> bool {
        self.expects_results.swap(false, Ordering::AcqRel)
    }

    /// What tells this instance from the others.
    #[cfg(feature = "postgres")]
    pub(super) fn instance(&self) -> &str {
        &self.instance
    }
}
