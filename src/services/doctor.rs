//! The doctor: whether the database is sound, whether every result is what its answers earn, whether the rankings and
//! the statistics are what the results say, and whether closed months have all their reports.

use std::sync::Arc;

use super::attempts::regrade;
use super::statistics::Lag;
use super::{Context, ServiceError, Services};
use crate::domain::ids::AttemptId;
use crate::store::{StoreError, health};

/// Attempts that are graded again in one reading.
const PAGE: i64 = 2_000;
/// Results that are named at most; the rest are only counted.
const MOST_NAMED: usize = 20;

/// What the doctor has looked at and found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// Graded attempts that were graded again.
    pub attempts: usize,
    /// Boards that were computed again.
    pub boards: usize,
    /// Sums of the statistics that were computed again.
    pub sums: usize,
    /// How far the statistics were behind the results before they were caught up.
    pub lag: Lag,
    /// Closed months whose reports were looked through.
    pub months: usize,
    /// What is wrong, in words for the operator. Empty in health.
    pub faults: Vec<String>,
}

impl Services {
    /// Looks at everything; takes some 30 µs for each graded attempt.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn examine(&self) -> Result<Diagnosis, ServiceError> {
        let mut diagnosis = Diagnosis::default();
        let (engine, rules) = self
            .context
            .database
            .read(|connection| -> Result<_, StoreError> {
                Ok((health::engine_faults(connection)?, health::broken_rules(connection)?))
            })
            .await?;
        diagnosis.faults.extend(engine.into_iter().map(|fault| format!("the database: {fault}")));
        diagnosis.faults.extend(rules.into_iter().map(|(rule, count)| format!("{count} {rule}")));
        self.regrade_all(&mut diagnosis).await?;
        let (boards, mut differences) = self.leaderboards.verify().await?;
        let (quizzes, of_quizzes) = self.leaderboards.verify_quizzes().await?;
        differences.extend(of_quizzes);
        diagnosis.boards = boards + quizzes;
        diagnosis.faults.extend(differences.iter().map(|difference| {
            let (scope, expected, found) = (&difference.scope, &difference.expected, &difference.found);
            format!("the board {scope:?} should have {expected:?} where it has {found:?}")
        }));
        diagnosis.lag = self.statistics.try_to_catch_up().await?;
        if let Some(reason) = &diagnosis.lag.stuck {
            let behind = diagnosis.lag.results;
            diagnosis.faults.push(format!(
                "the statistics were {behind} results behind and could not be caught up: {reason}"
            ));
        }
        let statistics = self.statistics.verify().await?;
        diagnosis.sums = statistics.sums;
        diagnosis.faults.extend(statistics.faults);
        let (months, incomplete) = self.reports.verify_months().await?;
        diagnosis.months = months;
        diagnosis.faults.extend(incomplete);
        Ok(diagnosis)
    }

    async fn regrade_all(&self, diagnosis: &mut Diagnosis) -> Result<(), ServiceError> {
        let (mut after, mut wrong) = (None::<AttemptId>, 0);
        loop {
            let (context, from) = (Arc::clone(&self.context), after.clone());
            let (ids, differing) = self
                .context
                .database
                .read(move |connection| page(&context, connection, from.as_ref()))
                .await?;
            diagnosis.attempts += ids.len();
            wrong += differing.len();
            let room = MOST_NAMED.saturating_sub(diagnosis.faults.len());
            diagnosis.faults.extend(
                differing
                    .into_iter()
                    .take(room)
                    .map(|id| format!("attempt {id}: its answers do not earn its result")),
            );
            after = ids.last().cloned();
            if after.is_none() {
                break;
            }
        }
        if wrong > 0 {
            diagnosis.faults.push(format!("{wrong} results are not what their answers earn"));
        }
        Ok(())
    }
}

/// The next graded attempts, and those whose result is not what their answers earn.
fn page(
    context: &Context,
    connection: &mut crate::store::AnyConnection,
    after: Option<&AttemptId>,
) -> Result<(Vec<AttemptId>, Vec<AttemptId>), ServiceError> {
    let ids = health::list_graded(connection, after, PAGE)?;
    let mut differing = Vec::new();
    for id in &ids {
        if !regrade(context, connection, id)? {
            differing.push(id.clone());
        }
    }
    Ok((ids, differing))
}
