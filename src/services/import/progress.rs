//! How far an import is.

use std::sync::Arc;

/// What an import is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It waits for its turn.
    Waiting,
    /// The file is being read.
    Reading,
    /// The questions are being checked one by one.
    Checking,
    /// The questions are being compared with each other and with the bank.
    Comparing,
    /// The questions are being written.
    Saving,
    /// It is over.
    Finished,
}

impl Stage {
    /// The word for this stage in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Reading => "reading",
            Self::Checking => "checking",
            Self::Comparing => "comparing",
            Self::Saving => "saving",
            Self::Finished => "finished",
        }
    }
}

type Listener = dyn Fn(Stage, usize, usize) + Send + Sync;

/// Whom an import tells how far it is.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<Listener>>);

impl Progress {
    /// Nobody listens.
    pub fn silent() -> Self {
        Self(None)
    }

    /// `listener` is told the stage, how many questions are done in it, and how many there are; 0 of 0 where
    /// that is not known.
    pub fn to(listener: impl Fn(Stage, usize, usize) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(listener)))
    }

    pub(super) fn tell(&self, stage: Stage, done: usize, total: usize) {
        if let Some(listener) = &self.0 {
            listener(stage, done, total);
        }
    }

    /// The same from elsewhere in the services.
    pub(in crate::services) fn begin(&self, stage: Stage) {
        self.tell(stage, 0, 0);
    }
}

impl std::fmt::Debug for Progress {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Progress")
    }
}
