//! `qianti backup` and `qianti restore`.

use std::path::PathBuf;

use clap::Args;

use super::{Refusal, doctor};
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

/// Restores on a copy beside the database's place: the doctor looks at it first, and only a healthy one takes the place.
pub(super) async fn restore(config: &DatabaseConfig, args: &RestoreArgs) -> Result<(), Refusal> {
    let copy = backup::copy_aside(&config.database_url, &args.file)?;
    let looked = doctor::examine(&DatabaseConfig { database_url: copy.url(), ..config.clone() }).await;
    let diagnosis = match looked {
        Ok(diagnosis) => diagnosis,
        Err(Refusal(reason)) => {
            copy.discard();
            return Err(Refusal(format!("{}: not restored: {reason}", args.file.display())));
        }
    };
    let seen = doctor::tell(&diagnosis);
    if !diagnosis.faults.is_empty() {
        let aside = copy.keep_aside()?;
        return Err(Refusal(format!(
            "{} is not healthy: {seen}\nNothing was put in its place; the copy is kept as {}",
            args.file.display(),
            aside.display()
        )));
    }
    copy.put_in_place()?;
    println!("{} restored to {}; {seen}", args.file.display(), config.database_url.shown());
    Ok(())
}
