//! `qianti admin …`.

use clap::Subcommand;

use super::{Refusal, explain, open, tell_first_start};
use crate::config::DatabaseConfig;

#[derive(Debug, Subcommand)]
pub(super) enum AdminCommand {
    /// Add an administrator of the whole organisation; prints the initial password once.
    Add {
        /// What the administrator logs in with.
        login: String,
    },
}

pub(super) async fn run(database: DatabaseConfig, command: AdminCommand) -> Result<(), Refusal> {
    let AdminCommand::Add { login } = command;
    let (services, _, filled) = open(&database).await?;
    if let Some(filled) = &filled {
        tell_first_start(filled);
    }
    let password = services.add_admin(&login).await.map_err(|error| explain(&error))?;
    println!("Administrator: login {login}, password {password} (to be changed at the first login)");
    Ok(())
}
