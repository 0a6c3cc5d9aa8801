//! `qianti doctor`.

use super::{Refusal, explain, open_as_is};
use crate::config::DatabaseConfig;

pub(super) async fn run(database: DatabaseConfig) -> Result<(), Refusal> {
    let (services, writers) = open_as_is(&database).await?;
    let diagnosis = services.examine().await.map_err(|error| explain(&error))?;
    drop(services);
    writers.finish();
    let (attempts, boards, sums) = (diagnosis.attempts, diagnosis.boards, diagnosis.sums);
    if diagnosis.faults.is_empty() {
        println!(
            "{}: healthy: {attempts} results graded again, {boards} boards and {sums} sums computed again, no difference",
            database.database_url.shown()
        );
        return Ok(());
    }
    let count = diagnosis.faults.len();
    Err(Refusal(format!(
        "{attempts} results graded again, {boards} boards and {sums} sums computed again; {count} faults\n{}",
        diagnosis.faults.join("\n")
    )))
}
