//! The command line: one file a command, over the same services as the API.

#![expect(clippy::print_stdout, reason = "a command line speaks on standard output")]

mod admin;
mod backup;
mod bank;
mod demo;
mod doctor;
mod keys;
mod log;
mod members;
mod serve;

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::config::{DatabaseConfig, ServeConfig};
use crate::formats::FoundBank;
use crate::services::audit::{Source, from_source};
use crate::services::first_start::{ADMIN_LOGIN, FirstStart};
use crate::services::{ServiceError, Services, SystemClock, SystemEntropy};
use crate::store::{Database, Writers};

/// The system for a "1000 questions" study drive. Without a command it serves.
#[derive(Debug, Parser)]
#[command(name = "qianti", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    database: DatabaseConfig,
    #[command(flatten)]
    serve: ServeConfig,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server: migrate, fill an empty database, listen.
    Serve(ServeConfig),
    /// Fill an empty database with a sample zone: 43 branches, 1,200 members, a month of results.
    Demo,
    /// Question banks.
    #[command(subcommand)]
    Bank(bank::BankCommand),
    /// Members.
    #[command(subcommand)]
    Members(members::MembersCommand),
    /// Administrators.
    #[command(subcommand)]
    Admin(admin::AdminCommand),
    /// The keys that sign access tokens.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Check the database, grade every result again, compute the rankings again: does it all agree?
    Doctor,
    /// Write a consistent copy of the database to a file, also while the server runs.
    Backup(backup::BackupArgs),
    /// Put a backup in the place of a missing database; one that exists is never overwritten.
    Restore(backup::RestoreArgs),
    /// Print the OpenAPI document.
    Openapi,
}

/// Why a command refused or failed, in words for the operator.
#[derive(Debug)]
struct Refusal(String);

impl<E: std::fmt::Display> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Runs the command that the command line names: 0 done, 1 refused or failed (the reason on standard
/// error), 2 wrong usage.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    log::start(&cli.database.log, cli.database.log_format);
    let work = async {
        let database = cli.database;
        match cli.command {
            None => serve::run(database, cli.serve).await,
            Some(Command::Serve(serve)) => serve::run(database, serve).await,
            Some(Command::Demo) => demo::run(database).await,
            Some(Command::Bank(command)) => bank::run(database, command).await,
            Some(Command::Members(command)) => members::run(database, command).await,
            Some(Command::Admin(command)) => admin::run(database, command).await,
            Some(Command::Keys(command)) => keys::run(database, command).await,
            Some(Command::Doctor) => doctor::run(database).await,
            Some(Command::Backup(args)) => backup::back_up(&database, &args),
            Some(Command::Restore(args)) => backup::restore(&database, &args).await,
            Some(Command::Openapi) => print_openapi(),
        }
    };
    let done = actix_web::rt::System::new().block_on(from_source(Source::CommandLine, work));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Refusal(reason)) => {
            eprintln!("qianti: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Opens the database, starts the services and, on the first start, fills the database.
async fn open(config: &DatabaseConfig) -> Result<(Arc<Services>, Writers, Option<FirstStart>), Refusal> {
    let (services, writers) = open_as_is(config).await?;
    let filled = services
        .first_start(config.admin_password.clone(), crate::built_in::bank()?)
        .await
        .map_err(|error| explain(&error))?;
    Ok((services, writers, filled))
}

/// Opens the database and starts the services.
async fn open_as_is(config: &DatabaseConfig) -> Result<(Arc<Services>, Writers), Refusal> {
    let (database, writers) = Database::open(&config.database_options())?;
    let services =
        Services::start(database, config.settings(), Arc::new(SystemClock), Arc::new(SystemEntropy)).await?;
    Ok((Arc::new(services), writers))
}

/// A service's refusal in words for the operator: every field, every row.
fn explain(error: &ServiceError) -> Refusal {
    let lines: Vec<String> = match error {
        ServiceError::Invalid(faults) => {
            faults.iter().map(|fault| format!("{}: {}", fault.pointer, fault.message)).collect()
        }
        ServiceError::ImportRejected(report) => {
            report.rejected.iter().map(|place| format!("{}: {}", place.at, place.message)).collect()
        }
        ServiceError::RosterRejected(report) => {
            report.rejected.iter().map(|place| format!("{}: {}", place.at, place.message)).collect()
        }
        other => vec![other.to_string()],
    };
    Refusal(lines.join("\n"))
}

/// Prints the OpenAPI document.
fn print_openapi() -> Result<(), Refusal> {
    print!("{}", crate::api::openapi_json()?);
    Ok(())
}

/// Tells what the first start has made.
fn tell_first_start(filled: &FirstStart) {
    println!(
        "First start: {} questions loaded; quizzes ready: {}.",
        filled.questions,
        filled.quizzes.join(", ")
    );
    match &filled.made_password {
        Some(password) => {
            println!(
                "Administrator: login {ADMIN_LOGIN}, password {password} (shown only now; to be changed at the first login)"
            );
        }
        None => println!("Administrator: login {ADMIN_LOGIN}, with the password that you gave"),
    }
}

/// Reads a file that the command line names.
fn read_file(path: &std::path::Path) -> Result<Vec<u8>, Refusal> {
    std::fs::read(path).map_err(|error| Refusal(format!("{}: {error}", path.display())))
}

/// What a file is called, without its folder.
fn file_name(path: &std::path::Path) -> Option<String> {
    path.file_name().map(|name| name.to_string_lossy().into_owned())
}

/// What a file holds, merged from several.
fn merge(banks: Vec<FoundBank>) -> FoundBank {
    let mut merged = FoundBank::default();
    for bank in banks {
        merged.questions.extend(bank.questions);
        merged.warnings.extend(bank.warnings);
    }
    merged
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
