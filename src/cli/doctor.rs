//! `qianti doctor`.

use super::{Refusal, explain, open_as_is};
use crate::config::DatabaseConfig;
use crate::services::doctor::Diagnosis;
use crate::services::statistics::Lag;

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
    let Diagnosis { attempts, boards, sums, months, faults, .. } = diagnosis;
    let looked = format!(
        "{attempts} results graded again, {boards} boards and {sums} sums computed again, {months} closed months looked through"
    );
    let verdict = if faults.is_empty() {
        format!("healthy: {looked}, no difference")
    } else {
        format!("{looked}; {} faults\n{}", faults.len(), faults.join("\n"))
    };
    match tell_lag(&diagnosis.lag) {
        Some(lag) => format!("{verdict}\n{lag}"),
        None => verdict,
    }
}

/// How far the statistics were behind, where that is no fault; none when they were up to date.
fn tell_lag(lag: &Lag) -> Option<String> {
    let behind = lag.results;
    if let Some(timezone) = &lag.other_timezone {
        return Some(format!(
            "the statistics are of the time zone {timezone} and {behind} results behind: \
             left alone, a server with another time zone counts them anew"
        ));
    }
    (behind > 0 && lag.stuck.is_none())
        .then(|| format!("the statistics were {behind} results behind and are caught up now"))
}
