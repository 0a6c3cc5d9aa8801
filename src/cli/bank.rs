//! `qianti bank …`.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Refusal, explain, file_name, merge, open, read_file, tell_first_start};
use crate::config::DatabaseConfig;
use crate::domain::quality::Document;
use crate::formats::{FoundBank, Place, recognise, unrecognised};
use crate::services::ServiceError;
use crate::services::bank_check;
use crate::services::bank_files::ImportOptions;
use crate::services::first_start::BUILT_IN_BANK;
use crate::services::import::{Progress, Stage};

/// Imports of at least this many questions tell how far they are.
const LARGE: usize = 1_000;

#[derive(Debug, Subcommand)]
pub(super) enum BankCommand {
    /// Check bank files without a database: every fault, and the counts.
    Check {
        /// The files; those that are no banks, such as a README, are named and skipped.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The documents that sources may cite: a JSON list of `{"document", "articles", "parts"}`.
        /// Without it, those that the built-in bank rests on.
        #[arg(long, conflicts_with = "any_source")]
        documents: Option<PathBuf>,
        /// Let sources cite any document.
        #[arg(long)]
        any_source: bool,
    },
    /// Put the questions of files into a bank: all of them or none.
    Import {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The bank; it is made when there is none of this code.
        #[arg(long, default_value = BUILT_IN_BANK)]
        bank: String,
        /// Report only; change nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Write a bank's current revision to a file.
    Export {
        /// The bank.
        code: String,
        /// The format.
        #[arg(long, default_value = "json")]
        format: String,
        /// The file.
        #[arg(long)]
        output: PathBuf,
    },
}

pub(super) async fn run(database: DatabaseConfig, command: BankCommand) -> Result<(), Refusal> {
    match command {
        BankCommand::Check { files, documents, any_source } => {
            let documents = match documents {
                _ if any_source => None,
                Some(path) => Some(crate::built_in::read_documents(&read_file(&path)?)?),
                None => Some(crate::built_in::documents()?),
            };
            check(&files, documents.as_deref())
        }
        BankCommand::Import { files, bank, dry_run } => import(&database, &files, bank, dry_run).await,
        BankCommand::Export { code, format, output } => export(&database, code, &format, &output).await,
    }
}

/// Reads files in whatever format they are, their places marked with the file's name.
fn read_banks(files: &[PathBuf]) -> Result<Vec<FoundBank>, Refusal> {
    files
        .iter()
        .map(|path| {
            let content = read_file(path)?;
            let name = path.display();
            let format =
                recognise(&content).ok_or_else(|| Refusal(format!("{name}: {}", unrecognised(&content))))?;
            let mut bank = format.read(&content).map_err(|error| Refusal(format!("{name}: {error}")))?;
            let mark = |place: &mut String| *place = format!("{name}: {place}");
            bank.warnings.iter_mut().for_each(|warning| mark(&mut warning.at));
            for question in &mut bank.questions {
                mark(&mut question.at);
            }
            Ok(bank)
        })
        .collect()
}

fn check(files: &[PathBuf], documents: Option<&[Document]>) -> Result<(), Refusal> {
    let (banks, others): (Vec<PathBuf>, Vec<PathBuf>) = files
        .iter()
        .cloned()
        .partition(|path| !path.is_dir() && path.extension().is_none_or(|end| end != "md"));
    for path in others {
        println!("skipped: {} is no bank file", path.display());
    }
    let report = bank_check::check(merge(read_banks(&banks)?), documents);
    print!("{}", report.counts);
    if report.findings.is_empty() {
        println!("{} questions, no finding", report.questions);
        return Ok(());
    }
    Err(refuse(&report.findings))
}

fn refuse(findings: &[Place]) -> Refusal {
    let lines: Vec<String> =
        findings.iter().map(|place| format!("{}: {}", place.at, place.message)).collect();
    Refusal(format!("{} findings\n{}", lines.len(), lines.join("\n")))
}

async fn import(
    database: &DatabaseConfig,
    files: &[PathBuf],
    bank: String,
    dry_run: bool,
) -> Result<(), Refusal> {
    let found = read_banks(files)?;
    let names: Vec<String> = files.iter().filter_map(|path| file_name(path)).collect();
    let names = names.join(", ");
    let title = found.iter().find_map(|bank| bank.title.clone()).unwrap_or_else(|| bank.clone());
    let (services, _, filled) = open(database).await?;
    if let Some(filled) = &filled {
        tell_first_start(filled);
    }
    let operator = services.operator().await?;
    let known = services.banks.list(&operator).await?.iter().any(|view| view.bank.code == bank);
    let found = merge(found);
    if !known {
        // Before the bank is made: a refused import or a dry run leaves nothing behind.
        let rejected = bank_check::rejected(found.clone());
        if !rejected.is_empty() {
            return Err(refuse(&rejected));
        }
        if dry_run {
            let count = found.questions.len();
            println!("{bank} would be made: {count} questions: {count} added (dry run, nothing was saved)");
            return Ok(());
        }
        services.banks.create(&operator, bank.clone(), title).await.map_err(|error| explain(&error))?;
        println!("bank {bank} made");
    }
    let options = ImportOptions { dry_run, accept_valid: false, file_name: Some(names) };
    let report = services
        .banks
        .import_found(&operator, bank.clone(), found, "files", options, &progress())
        .await
        .map_err(|error| explain(&error))?;
    for place in &report.warnings {
        eprintln!("{}: {}", place.at, place.message);
    }
    println!(
        "{bank}, revision {}: {} questions: {} added, {} updated, {} unchanged{}",
        report.revision,
        report.found,
        report.added,
        report.updated,
        report.unchanged,
        if dry_run { " (dry run, nothing was saved)" } else { "" }
    );
    Ok(())
}

/// Tells on standard error how far an import is, each stage once a second at most and at its end.
fn progress() -> Progress {
    let last = std::sync::Mutex::new((Stage::Waiting, std::time::Instant::now()));
    Progress::to(move |stage, done, total| {
        let mut last = last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let is_over = done == total;
        if total < LARGE || (stage == last.0 && !is_over && last.1.elapsed().as_millis() < 1000) {
            return;
        }
        *last = (stage, std::time::Instant::now());
        eprintln!("{}: {done} of {total}", stage.as_str());
    })
}

async fn export(
    database: &DatabaseConfig,
    code: String,
    format: &str,
    output: &std::path::Path,
) -> Result<(), Refusal> {
    let (services, _, filled) = open(database).await?;
    if let Some(filled) = &filled {
        tell_first_start(filled);
    }
    let operator = services.operator().await?;
    let file = services.banks.export(&operator, code.clone(), format).await.map_err(|error| match error {
        ServiceError::NotFound(_) => Refusal(format!("there is no bank {code}")),
        other => explain(&other),
    })?;
    std::fs::write(output, &file.content)
        .map_err(|error| Refusal(format!("{}: {error}", output.display())))?;
    for place in &file.left_out {
        eprintln!("left out: {}: {}", place.at, place.message);
    }
    println!("{code} written to {} ({} bytes)", output.display(), file.content.len());
    Ok(())
}
