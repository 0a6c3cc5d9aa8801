//! What an import leaves in the audit log: a line for each row that changed something, and one for the file.

use serde_json::json;

use super::RosterOptions;
use crate::domain::audit::{Action, Facts, SubjectKind};
use crate::domain::ids::UnitId;
use crate::domain::org::UnitPath;
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
use crate::formats::RosterReport;
use crate::services::ServiceError;
use crate::services::audit::{Change, Stamp, unit_then};
use crate::store::{AnyConnection, units};

/// The changes of an import, to be written at its end.
pub(super) struct Record {
    stamp: Stamp,
    action: Action,
    options: RosterOptions,
    changes: Vec<Change>,
    /// The ids above everything that was changed.
    common: Option<Vec<UnitId>>,
}

impl Record {
    pub(super) fn new(action: Action, principal: &Principal, now: Millis, options: &RosterOptions) -> Self {
        let stamp = Stamp::new(principal, now);
        Self { stamp, action, options: options.clone(), changes: vec![], common: None }
    }

    /// Notes changes at a place.
    pub(super) fn add(&mut self, path: &UnitPath, changes: impl IntoIterator<Item = Change>) {
        let ids = path.ids();
        self.common = Some(match self.common.take() {
            None => ids,
            Some(common) => {
                common.into_iter().zip(ids).take_while(|(a, b)| a == b).map(|(id, _)| id).collect()
            }
        });
        self.changes.extend(changes);
    }

    /// How many changes are noted.
    pub(super) fn count(&self) -> usize {
        self.changes.len()
    }

    /// What has been noted since there were `count` changes, taken together: as it was, and as it is.
    pub(super) fn since(&self, count: usize) -> (Facts, Facts) {
        let (mut before, mut after) = (Facts::new(), Facts::new());
        for change in self.changes.iter().skip(count) {
            let (was, is) = change.states();
            before.extend(was.cloned().unwrap_or_default());
            after.extend(is.cloned().unwrap_or_default());
        }
        (before, after)
    }

    /// Writes the lines, that of the file last: it concerns the lowest unit above all that was changed.
    pub(super) fn write(
        mut self,
        connection: &mut AnyConnection,
        report: &RosterReport,
    ) -> Result<(), ServiceError> {
        let is_undone = self.options.dry_run || !report.rejected.is_empty();
        let Some(top) = self.common.as_ref().and_then(|ids| ids.last()).filter(|_| !is_undone) else {
            return Ok(());
        };
        let unit = units::get_unit(connection, *top)?;
        let after = json!({
            "file": self.options.file_name, "found": report.found, "added": report.added,
            "updated": report.updated, "unchanged": report.unchanged,
        });
        let change = Change::new(self.action, SubjectKind::Unit, &unit.id, &unit.name).at(unit_then(&unit));
        self.changes.push(change.after(after.as_object().cloned().unwrap_or_default()));
        Ok(self.stamp.record(connection, self.changes)?)
    }
}
