//! Imports that run while their caller asks how far they are. They are kept in memory: an instance knows
//! its own, and forgets them when it ends, as it forgets what it had not committed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::Stage;
use crate::domain::time::Millis;
use crate::formats::ImportReport;
use crate::services::ServiceError;

/// Most imports that run or wait at the same time.
const MOST_UNFINISHED: usize = 8;
/// Most imports that are remembered.
const MOST_REMEMBERED: usize = 64;
/// How long an import that is over is remembered, in milliseconds.
const REMEMBERED_MS: i64 = 60 * 60 * 1000;

/// How an import stands.
#[derive(Clone, Debug)]
pub struct ImportStatus {
    /// Its id.
    pub id: String,
    /// The bank.
    pub bank: String,
    /// What it is doing.
    pub stage: Stage,
    /// Questions that are done in this stage.
    pub done: usize,
    /// Questions there are; 0 where that is not known yet.
    pub total: usize,
    /// What came of it, once it is over.
    pub outcome: Option<Arc<Result<ImportReport, ServiceError>>>,
}

struct Job {
    status: ImportStatus,
    finished_at: Option<Millis>,
}

/// The imports of this instance.
#[derive(Default)]
pub(in crate::services) struct ImportJobs(Mutex<VecDeque<Job>>);

impl ImportJobs {
    /// Notes an import that begins.
    ///
    /// # Errors
    /// [`ServiceError::Busy`] when too many run already.
    pub(in crate::services) fn begin(
        &self,
        id: String,
        bank: String,
        now: Millis,
    ) -> Result<ImportStatus, ServiceError> {
        let mut jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.retain(|job| job.finished_at.is_none_or(|at| now.0 - at.0 < REMEMBERED_MS));
        if jobs.iter().filter(|job| job.finished_at.is_none()).count() >= MOST_UNFINISHED {
            return Err(ServiceError::Busy("too many imports run".into()));
        }
        if jobs.len() >= MOST_REMEMBERED
            && let Some(oldest) = jobs.iter().position(|job| job.finished_at.is_some())
        {
            jobs.remove(oldest);
        }
        let status = ImportStatus { id, bank, stage: Stage::Waiting, done: 0, total: 0, outcome: None };
        jobs.push_back(Job { status: status.clone(), finished_at: None });
        Ok(status)
    }

    /// Notes how far an import is.
    pub(in crate::services) fn advance(&self, id: &str, stage: Stage, done: usize, total: usize) {
        self.change(id, |job| {
            job.status.stage = stage;
            (job.status.done, job.status.total) = (done, total);
        });
    }

    /// Notes what came of an import.
    pub(in crate::services) fn finish(
        &self,
        id: &str,
        outcome: Result<ImportReport, ServiceError>,
        now: Millis,
    ) {
        self.change(id, |job| {
            job.status.stage = Stage::Finished;
            job.status.outcome = Some(Arc::new(outcome));
            job.finished_at = Some(now);
        });
    }

    /// How an import stands, if it is known.
    pub(in crate::services) fn find(&self, id: &str, now: Millis) -> Option<ImportStatus> {
        let jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let job = jobs.iter().find(|job| job.status.id == id)?;
        job.finished_at.is_none_or(|at| now.0 - at.0 < REMEMBERED_MS).then(|| job.status.clone())
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Job)) {
        let mut jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(job) = jobs.iter_mut().find(|job| job.status.id == id) {
            change(job);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_bounded_and_forgotten_an_hour_after_they_are_over() {
        let jobs = ImportJobs::default();
        for number in 0..MOST_UNFINISHED {
            jobs.begin(number.to_string(), "t".into(), Millis(0)).unwrap();
        }
        assert!(matches!(jobs.begin("more".into(), "t".into(), Millis(0)), Err(ServiceError::Busy(_))));
        jobs.advance("3", Stage::Saving, 5, 10);
        let status = jobs.find("3", Millis(0)).unwrap();
        assert_eq!((status.stage, status.done, status.total), (Stage::Saving, 5, 10));
        jobs.finish("3", Err(ServiceError::UnsupportedFormat), Millis(1));
        assert!(jobs.find("3", Millis(REMEMBERED_MS)).unwrap().outcome.is_some());
        assert!(jobs.find("3", Millis(REMEMBERED_MS + 1)).is_none());
        jobs.begin("more".into(), "t".into(), Millis(2)).unwrap();
        for number in 0..3 * MOST_REMEMBERED {
            jobs.finish("more", Err(ServiceError::UnsupportedFormat), Millis(2));
            jobs.finish(
                &format!("n{}", number.wrapping_sub(1)),
                Err(ServiceError::UnsupportedFormat),
                Millis(2),
            );
            jobs.begin(format!("n{number}"), "t".into(), Millis(2)).unwrap();
        }
        assert_eq!(jobs.0.lock().unwrap().len(), MOST_REMEMBERED);
        assert!(jobs.find("0", Millis(2)).is_some(), "what still runs is not forgotten");
    }
}
