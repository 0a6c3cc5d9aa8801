//! `qianti members …`.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Refusal, explain, file_name, open, read_file, tell_first_start};
use crate::config::DatabaseConfig;
use crate::services::rosters::RosterOptions;

#[derive(Debug, Subcommand)]
pub(super) enum MembersCommand {
    /// Add, rename and transfer members from a roster (xlsx or csv).
    Import {
        /// The roster, with the columns login, name, unit_code and optionally role, password.
        file: PathBuf,
        /// Report only; change nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

pub(super) async fn run(database: DatabaseConfig, command: MembersCommand) -> Result<(), Refusal> {
    let MembersCommand::Import { file, dry_run } = command;
    let content = read_file(&file)?;
    let (services, _, filled) = open(&database).await?;
    if let Some(filled) = &filled {
        tell_first_start(filled);
    }
    let operator = services.operator().await?;
    let options = RosterOptions { dry_run, file_name: file_name(&file) };
    let report = services
        .rosters
        .import_members(&operator, content, options)
        .await
        .map_err(|error| explain(&error))?;
    for place in &report.warnings {
        eprintln!("{}: {}", place.at, place.message);
    }
    println!(
        "{} rows: {} added, {} updated, {} unchanged{}",
        report.found,
        report.added,
        report.updated,
        report.unchanged,
        if dry_run { " (dry run, nothing was saved)" } else { "" }
    );
    for entry in &report.initial_passwords {
        println!("{}\t{}\t{}", entry.login, entry.name, entry.password);
    }
    Ok(())
}
