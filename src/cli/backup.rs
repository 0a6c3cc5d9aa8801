//! `qianti backup` and `qianti restore`.

use std::path::PathBuf;

use clap::Args;

use super::Refusal;
use crate::config::DatabaseConfig;
use crate::store::backup;

#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    /// The file to write; it must not exist yet.
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// The backup to restore from.
    file: PathBuf,
}

pub(super) fn back_up(database: &DatabaseConfig, args: &BackupArgs) -> Result<(), Refusal> {
    let bytes = backup::back_up(&database.database_url, &args.file)?;
    println!("{} written ({bytes} bytes)", args.file.display());
    Ok(())
}

pub(super) fn restore(database: &DatabaseConfig, args: &RestoreArgs) -> Result<(), Refusal> {
    backup::restore(&database.database_url, &args.file)?;
    println!("{} restored to {}", args.file.display(), database.database_url.shown());
    Ok(())
}
