//! Units and people from files: everything or nothing, with a report that names each bad row.

mod members;
mod record;
mod units;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _};

use self::members::{MEMBER_COLUMNS, MemberImport};
use self::record::Record;
use self::units::{UNIT_COLUMNS, UnitOrder, import_unit, order_units};
use super::bank_files::{ExportedFile, workbook};
use super::{Context, ServiceError};
use crate::domain::audit::{Action, Facts};
use crate::domain::message::Message;
use crate::domain::roles::Principal;
use crate::formats::table::{Row, Table};
use crate::formats::tables;
use crate::formats::{MOST_PREVIEWED, Place, PreviewedRow, RosterReport};
use crate::message;
use crate::store::members::list_members_by_login;
use crate::store::units::{UnitRow, hold_tree, list_units};
use crate::store::{AnyConnection, StoreError};

/// How to take a roster.
#[derive(Clone, Debug, Default)]
pub struct RosterOptions {
    /// Report only.
    pub dry_run: bool,
    /// What the file is called, for the audit log.
    pub file_name: Option<String>,
}

/// Units and people from files.
pub struct Rosters {
    context: Arc<Context>,
}

/// A workbook to fill in with units.
///
/// # Errors
/// When it cannot be written.
pub fn unit_template() -> Result<ExportedFile, ServiceError> {
    workbook("unit-template.xlsx", tables::unit_template())
}

/// A workbook to fill in with members.
///
/// # Errors
/// When it cannot be written.
pub fn member_template() -> Result<ExportedFile, ServiceError> {
    workbook("member-template.xlsx", tables::member_template())
}

/// What became of one row.
enum Outcome {
    Added,
    Updated,
    Unchanged,
}

/// A row that cannot be taken: the column to look at, and why.
type Refusal = (&'static str, Message);

impl Rosters {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Adds, renames and moves units as `file` says; units that it does not name stay. Parents may
    /// stand anywhere in the file. A dry run changes nothing.
    ///
    /// # Errors
    /// [`ServiceError::RosterRejected`] when a row cannot be taken: then nothing was changed.
    pub async fn import_units(
        &self,
        principal: &Principal,
        file: &[u8],
        options: RosterOptions,
    ) -> Result<RosterReport, ServiceError> {
        let table = Table::read(file, &UNIT_COLUMNS).map_err(ServiceError::UnreadableFile)?;
        let principal = principal.clone();
        let mut record = Record::new(Action::UnitsImported, &principal, self.context.clock.now(), &options);
        self.run(options.dry_run, move |connection, report| {
            hold_tree(connection)?;
            let mut known: HashMap<String, UnitRow> =
                list_units(connection)?.into_iter().map(|unit| (unit.code.clone(), unit)).collect();
            let UnitOrder { ready, mut refused } = order_units(&table);
            for row in ready {
                let noted = record.count();
                match import_unit(connection, &principal, &table, row, &mut known, &mut record)? {
                    Ok(outcome) => {
                        report.count(&outcome, || previewed(&table, row, "code", record.since(noted)));
                    }
                    Err(refusal) => refused.push((row, refusal)),
                }
            }
            refused.sort_by_key(|(row, _)| row.number);
            for (row, refusal) in refused {
                report.reject(&table, row, refusal);
            }
            report.found = table.rows().len();
            report.warn_of_unknown(&table);
            record.write(connection, report)
        })
        .await
    }

    /// Adds, renames and transfers members as `file` says; members that it does not name stay. A new
    /// member without a given password gets an initial one, told in the report. A dry run changes nothing
    /// and makes no passwords.
    ///
    /// # Errors
    /// [`ServiceError::RosterRejected`] when a row cannot be taken: then nothing was changed.
    pub async fn import_members(
        &self,
        principal: &Principal,
        file: &[u8],
        options: RosterOptions,
    ) -> Result<RosterReport, ServiceError> {
        let table = Arc::new(Table::read(file, &MEMBER_COLUMNS).map_err(ServiceError::UnreadableFile)?);
        // A dry run first: hashing thousands of passwords for a file that is refused would be a waste.
        let trial = RosterOptions { dry_run: true, ..options.clone() };
        let plan = match self.import_members_with(principal, &table, HashMap::new(), &trial).await {
            Err(ServiceError::RosterRejected(report)) if !options.dry_run => {
                let report = RosterReport { preview: None, ..*report };
                return Err(ServiceError::RosterRejected(Box::new(report)));
            }
            other => other?,
        };
        if options.dry_run {
            return Ok(plan.report);
        }
        // A few at a time: a big roster must not fill the queue that logins wait in.
        let hashing = plan.new_logins.into_iter().map(|(key, given)| async move {
            let initial = given.is_none();
            let plain = match given {
                Some(given) => given,
                None => self.context.new_password()?,
            };
            let hash = self.context.passwords.hash(plain.clone()).await?;
            Ok::<_, ServiceError>((key, Password { plain, hash, initial }))
        });
        let passwords = futures_util::stream::iter(hashing)
            .buffer_unordered(self.context.settings.hashing_threads)
            .try_collect()
            .await?;
        Ok(self.import_members_with(principal, &table, passwords, &options).await?.report)
    }

    async fn import_members_with(
        &self,
        principal: &Principal,
        table: &Arc<Table>,
        passwords: HashMap<String, Password>,
        options: &RosterOptions,
    ) -> Result<MemberPlan, ServiceError> {
        let (principal, table, now) = (principal.clone(), Arc::clone(table), self.context.clock.now());
        let (dry_run, record) =
            (options.dry_run, Record::new(Action::MembersImported, &principal, now, options));
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let report = self
            .run(dry_run, move |connection, report| {
                let mut import = MemberImport {
                    principal,
                    units: list_units(connection)?
                        .into_iter()
                        .map(|unit| (unit.code.clone(), unit))
                        .collect(),
                    known: list_members_by_login(connection)?,
                    seen: HashSet::new(),
                    passwords,
                    new_logins: Vec::new(),
                    now,
                    dry_run,
                    record,
                };
                for row in table.rows() {
                    let noted = import.record.count();
                    match import.row(connection, &table, row, report)? {
                        Ok(outcome) => report
                            .count(&outcome, || previewed(&table, row, "login", import.record.since(noted))),
                        Err(refusal) => report.reject(&table, row, refusal),
                    }
                }
                report.found = table.rows().len();
                report.warn_of_unknown(&table);
                drop(sender.send(import.new_logins));
                import.record.write(connection, report)
            })
            .await?;
        Ok(MemberPlan { report, new_logins: receiver.await.unwrap_or_default() })
    }

    /// Runs an import in one transaction, which is undone for a dry run and when a row was rejected.
    async fn run(
        &self,
        dry_run: bool,
        work: impl FnOnce(&mut AnyConnection, &mut RosterReport) -> Result<(), ServiceError> + Send + 'static,
    ) -> Result<RosterReport, ServiceError> {
        let done = self
            .context
            .database
            .write(move |connection| -> Result<RosterReport, Undone> {
                let mut report = RosterReport { preview: dry_run.then(Vec::new), ..RosterReport::default() };
                work(connection, &mut report)?;
                if !report.rejected.is_empty() {
                    report.initial_passwords.clear();
                    return Err(Undone::Refused(ServiceError::RosterRejected(Box::new(report))));
                }
                if dry_run { Err(Undone::DryRun(Box::new(report))) } else { Ok(report) }
            })
            .await;
        match done {
            Ok(report) => Ok(report),
            Err(Undone::DryRun(report)) => Ok(*report),
            Err(Undone::Refused(error)) => Err(error),
        }
    }
}

/// Why an import was undone.
enum Undone {
    DryRun(Box<RosterReport>),
    Refused(ServiceError),
}

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<ServiceError> for Undone {
    fn from(error: ServiceError) -> Self {
        Self::Refused(error)
    }
}

struct Password {
    plain: String,
    hash: String,
    initial: bool,
}

struct MemberPlan {
    report: RosterReport,
    /// Compared logins of new members, and the password that the file gives them.
    new_logins: Vec<(String, Option<String>)>,
}

/// A row that would change something, with what it would change; `column` names the unit or the member.
fn previewed(
    table: &Table,
    row: &Row,
    column: &'static str,
    (before, after): (Facts, Facts),
) -> PreviewedRow {
    let cell = |column| table.cell(row, column).to_owned();
    PreviewedRow { at: table.place(row, column), code: cell(column), name: cell("name"), before, after }
}

impl RosterReport {
    /// Counts a row; one that changes something is shown as `preview` tells, as long as there is room.
    fn count(&mut self, outcome: &Outcome, preview: impl FnOnce() -> PreviewedRow) {
        match outcome {
            Outcome::Added => self.added += 1,
            Outcome::Updated => {
                self.updated += 1;
                let shown = self.preview.as_mut().filter(|shown| shown.len() < MOST_PREVIEWED);
                if let Some(shown) = shown {
                    shown.push(preview());
                }
            }
            Outcome::Unchanged => self.unchanged += 1,
        }
    }

    fn reject(&mut self, table: &Table, row: &Row, (column, message): Refusal) {
        self.rejected.push(Place { at: table.place(row, column), message });
    }

    fn warn_of_unknown(&mut self, table: &Table) {
        for heading in &table.unknown {
            let (text, at) = (&heading.text, heading.at.clone());
            let message = message!("未使用的列：{text}", "the column {text} is not used");
            self.warnings.push(Place { at, message });
        }
    }
}
