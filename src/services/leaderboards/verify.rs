//! Comparing the boards in memory with what the graded attempts say.

use std::sync::Arc;

use super::{Leaderboards, read};
use crate::domain::ranking::{MemberStanding, counted, rank_members};
use crate::live::scoreboard::Scope;
use crate::services::ServiceError;
use crate::store::StoreError;
use crate::store::results::{self, Wanted};

/// A board in memory that is not what the graded attempts say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which board.
    pub scope: Scope,
    /// What the graded attempts say of the first row that differs.
    pub expected: Option<MemberStanding>,
    /// What the board says.
    pub found: Option<MemberStanding>,
}

impl Leaderboards {
    /// Recomputes every board that is in memory by the rules and from the database, and returns how many
    /// were compared and those that differ. Results that come in meanwhile would show as differences.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn verify(&self) -> Result<(usize, Vec<Difference>), ServiceError> {
        let scopes = self.context.scoreboard.scopes();
        let mut differences = Vec::new();
        for &scope in &scopes {
            let Some(board) = self.context.scoreboard.get(scope) else { continue };
            let context = Arc::clone(&self.context);
            let expected = self
                .context
                .database
                .read(move |connection| -> Result<_, StoreError> {
                    let mut entries = Vec::new();
                    results::for_each_entry(connection, &Wanted::All, &context.calendar, |entry| {
                        if scope.has(&entry) {
                            entries.push(entry);
                        }
                    })?;
                    Ok(rank_members(&counted(entries)))
                })
                .await?;
            let found = read(&board).page(None, None, usize::MAX).rows;
            let rows = expected.len().max(found.len());
            let first = (0..rows).find(|&row| expected.get(row) != found.get(row));
            differences.extend(first.map(|row| Difference {
                scope,
                expected: expected.get(row).cloned(),
                found: found.get(row).cloned(),
            }));
        }
        Ok((scopes.len(), differences))
    }
}
