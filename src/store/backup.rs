//! Backup and restore of the embedded database. PostgreSQL has its own tools, which are better at it.

use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::{SqliteConnection, sql_query};

use super::DatabaseUrl;

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
    sql_query("VACUUM INTO ?")
        .bind::<Text, _>(target)
        .execute(&mut connection)
        .map_err(|error| format!("{}: {error}", file.display()))?;
    // The copy is only worth something once it is on the disk.
    let copy = std::fs::File::open(file).map_err(|error| error.to_string())?;
    copy.sync_all().map_err(|error| error.to_string())?;
    Ok(copy.metadata().map_err(|error| error.to_string())?.len())
}

/// Puts a backup in the place of a missing database.
///
/// # Errors
/// In words for the operator: a database that exists is never overwritten, and a damaged backup is refused.
pub fn restore(url: &DatabaseUrl, file: &Path) -> Result<(), String> {
    let DatabaseUrl::Sqlite(path) = url else { return Err(USE_POSTGRES_TOOLS.into()) };
    if path.exists() {
        return Err(format!("{} exists; move it away first", path.display()));
    }
    // The engine would play the log of another database into the restored one.
    for end in ["-wal", "-journal"] {
        let mut log = path.as_os_str().to_owned();
        log.push(end);
        let log = Path::new(&log);
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
    // First beside its place, then renamed: a half-written database never stands under the real name.
    let part = path.with_extension("restoring");
    let copied = std::fs::copy(file, &part)
        .and_then(|_| std::fs::File::open(&part)?.sync_all())
        .and_then(|()| std::fs::rename(&part, path));
    copied.map_err(|error| format!("{}: {error}", path.display()))
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
