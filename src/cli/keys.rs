//! `qianti keys …`.

use clap::Subcommand;

use super::{Refusal, explain, open_as_is};
use crate::config::DatabaseConfig;

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Trust no signing key any more that there is, and make a new one: every access token is refused from now on, also
    /// by servers that run. Members stay logged in, because their refresh tokens stay good.
    Rotate,
}

pub(super) async fn run(database: DatabaseConfig, command: KeysCommand) -> Result<(), Refusal> {
    let KeysCommand::Rotate = command;
    let (services, writers) = open_as_is(&database).await?;
    services.accounts.rotate_keys().await.map_err(|error| explain(&error))?;
    drop(services);
    writers.finish();
    println!(
        "A new key signs; access tokens that older ones have signed are refused. Servers that run know it within a second."
    );
    Ok(())
}
