//! Backup and restore of the embedded database. PostgreSQL has its own tools, which are better at it.

use std::path::{Path, PathBuf};

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::{SqliteConnection, sql_query};

use super::DatabaseUrl;
use super::database::refuse_newer;

/// What the engine keeps beside a database and would play into it.
const LOGS: [&str; 2] = ["-wal", "-journal"];
const USE_POSTGRES_TOOLS: &str =
    "this is for SQLite; back PostgreSQL up with pg_dump and restore it with pg_restore";

/// Writes a consistent copy of a live database to `file` and returns its size in bytes.
///
/// # Errors
/// In words for the operator.
pub fn back_up(url: &DatabaseUrl, file: &Path) -> Result<u64, String> {
    let DatabaseUrl::Sqlite(path) = url else { return Err(USE_POSTGRES_TOOLS.into()) };
    if !path.exists() {
        return Err(format!("{}: there is no database", path.display()));
    }
    if file.exists() {
        return Err(format!("{} exists already; a backup overwrites nothing", file.display()));
    }
    let target = file.to_str().ok_or("the path is not UTF-8")?;
    let mut connection = connect(path)?;
    refuse_newer(&mut connection).map_err(|error| format!("{}: {error}", path.display()))?;
    sql_query("VACUUM INTO ?")
        .bind::<Text, _>(target)
        .execute(&mut connection)
        .map_err(|error| format!("{}: {error}", file.display()))?;
    // The copy is only worth something once it is on the disk.
    let copy = std::fs::File::open(file).map_err(|error| error.to_string())?;
    copy.sync_all().map_err(|error| error.to_string())?;
    Ok(copy.metadata().map_err(|error| error.to_string())?.len())
}

/// A backup that was copied beside the place of the database that it is to become.
pub struct Copied {
    part: PathBuf,
    place: PathBuf,
}

/// Copies a backup beside the place of a missing database.
///
/// # Errors
/// In words for the operator: a database that exists is never overwritten, and a damaged backup is refused.
pub fn copy_aside(url: &DatabaseUrl, file: &Path) -> Result<Copied, String> {
    let DatabaseUrl::Sqlite(path) = url else { return Err(USE_POSTGRES_TOOLS.into()) };
    if path.exists() {
        return Err(format!("{} exists; move it away first", path.display()));
    }
    // The engine would play the log of another database into the restored one.
    for end in LOGS {
        let log = beside(path, end);
        if log.exists() {
            return Err(format!(
                "{} was left behind by an older database; move it away first",
                log.display()
            ));
        }
    }
    if !file.is_file() {
        return Err(format!("{}: there is no such file", file.display()));
    }
    check(file)?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let copied = Copied { part: beside(path, ".restoring"), place: path.clone() };
    // What an earlier try has left.
    copied.discard();
    std::fs::copy(file, &copied.part)
        .and_then(|_| std::fs::File::open(&copied.part)?.sync_all())
        .map_err(|error| format!("{}: {error}", copied.part.display()))?;
    Ok(copied)
}

impl Copied {
    /// Where the copy is, to be opened and looked at.
    pub fn url(&self) -> DatabaseUrl {
        DatabaseUrl::Sqlite(self.part.clone())
    }

    /// Removes the copy.
    pub fn discard(&self) {
        for end in ["", "-wal", "-shm", "-journal"] {
            // Most of them are not there.
            drop(std::fs::remove_file(beside(&self.part, end)));
        }
    }

    /// Makes the copy the database. Nobody may have it open any more.
    ///
    /// # Errors
    /// In words for the operator.
    pub fn put_in_place(self) -> Result<(), String> {
        self.move_to(&self.place)
    }

    /// Keeps the copy for whoever wants to know what is wrong with it; returns where.
    ///
    /// # Errors
    /// In words for the operator.
    pub fn keep_aside(self) -> Result<PathBuf, String> {
        let aside = beside(&self.place, ".unhealthy");
        self.move_to(&aside)?;
        Ok(aside)
    }

    /// Moves it with all that was written to it since: one file, on the disk.
    fn move_to(&self, target: &Path) -> Result<(), String> {
        let mut connection = connect(&self.part)?;
        sql_query("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&mut connection)
            .map_err(|error| format!("{}: {error}", self.part.display()))?;
        // The last connection takes the log with it.
        drop(connection);
        if beside(&self.part, "-wal").metadata().is_ok_and(|log| log.len() > 0) {
            return Err(format!("{} is still in use", self.part.display()));
        }
        let moved = std::fs::File::open(&self.part)
            .and_then(|part| part.sync_all())
            .and_then(|()| std::fs::rename(&self.part, target))
            .and_then(|()| match target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                Some(folder) => std::fs::File::open(folder)?.sync_all(),
                None => Ok(()),
            });
        self.discard();
        moved.map_err(|error| format!("{}: {error}", target.display()))
    }
}

/// The file of this name with `end` after it.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

#[derive(QueryableByName)]
struct Check {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

fn check(file: &Path) -> Result<(), String> {
    let damaged = |reason: String| format!("{} is no sound backup: {reason}", file.display());
    let mut connection = connect(file)?;
    let rows: Vec<Check> = sql_query("PRAGMA integrity_check")
        .load(&mut connection)
        .map_err(|error| damaged(error.to_string()))?;
    match rows.as_slice() {
        [row] if row.integrity_check == "ok" => {}
        rows => {
            return Err(damaged(
                rows.iter().map(|row| row.integrity_check.as_str()).collect::<Vec<_>>().join("; "),
            ));
        }
    }
    sql_query("SELECT 1 FROM attempts LIMIT 1")
        .execute(&mut connection)
        .map_err(|error| damaged(error.to_string()))?;
    Ok(())
}

fn connect(path: &Path) -> Result<SqliteConnection, String> {
    let name = path.to_str().ok_or("the path is not UTF-8")?;
    let mut connection =
        SqliteConnection::establish(name).map_err(|error| format!("{}: {error}", path.display()))?;
    sql_query("PRAGMA busy_timeout = 10000")
        .execute(&mut connection)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(connection)
}
