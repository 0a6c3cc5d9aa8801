//! `qianti doctor`.

use super::{Refusal, explain, open_as_is};
use crate::config::DatabaseConfig;
use crate::services::doctor::Diagnosis;

pub(super) async fn run(database: DatabaseConfig) -> Result<(), Refusal> {
    let diagnosis = examine(&database).await?;
    let seen = tell(&diagnosis);
    if diagnosis.faults.is_empty() {
        println!("{}: {seen}", database.database_url.shown());
        return Ok(());
    }
    Err(Refusal(seen))
}

/// Looks at a database and closes it again.
pub(super) async fn examine(database: &DatabaseConfig) -> Result<Diagnosis, Refusal> {
    let (services, writers) = open_as_is(database).await?;
    let diagnosis = services.examine().await.map_err(|error| explain(&error));
    drop(services);
    writers.finish();
    diagnosis
}

/// What was found, in words for the operator.
pub(super) fn tell(diagnosis: &Diagnosis) -> String {
    let (attempts, boards, sums) = (diagnosis.attempts, diagnosis.boards, diagnosis.sums);
    if diagnosis.faults.is_empty() {
        return format!(
            "healthy: {attempts} results graded again, {boards} boards and {sums} sums computed again, no difference"
        );
    }
    let count = diagnosis.faults.len();
    format!(
        "{attempts} results graded again, {boards} boards and {sums} sums computed again; {count} faults\n{}",
        diagnosis.faults.join("\n")
    )
}
