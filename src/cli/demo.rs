//! `qianti demo`.

use super::{Refusal, explain, open_as_is, tell_first_start};
use crate::config::DatabaseConfig;
use crate::services::demo::DEMO_PASSWORD;

/// Fills an empty database with a sample zone.
pub(super) async fn run(database: DatabaseConfig) -> Result<(), Refusal> {
    let (services, _) = open_as_is(&database).await?;
    let Some(filled) = services
        .first_start_of_demo(database.admin_password.clone(), crate::built_in::bank()?)
        .await
        .map_err(|error| explain(&error))?
    else {
        let shown = database.database_url.shown();
        return Err(Refusal(format!("{shown} is in use; the demo fills an empty database only")));
    };
    tell_first_start(&filled);
    let demo = services.fill_demo().await.map_err(|error| explain(&error))?;
    services.statistics.catch_up().await.map_err(|error| explain(&error))?;
    services.reports.fix_months().await.map_err(|error| explain(&error))?;
    println!("Data: {}", database.database_url.shown());
    println!(
        "{} branches, {} members, {} graded attempts, {} running ones",
        demo.branches, demo.members, demo.attempts, demo.running
    );
    println!(
        "Members log in as {} … {}, a leader of the zone as {}, all with the password {DEMO_PASSWORD}",
        demo.first_login, demo.last_login, demo.leader_login
    );
    Ok(())
}
