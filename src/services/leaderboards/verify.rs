//! Comparing the boards in memory with what the graded attempts say by the rules.

use std::sync::Arc;

use super::{Leaderboards, read, write};
use crate::domain::ranking::{MemberStanding, counted, rank_members};
use crate::live::scoreboard::Scope;
use crate::services::ServiceError;
use crate::store::results::{self, Wanted};
use crate::store::{StoreError, quizzes};

/// Boards of quizzes that are compared in one go.
const QUIZZES_AT_ONCE: usize = 16;

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
        Ok((scopes.len(), self.differences(&scopes).await?))
    }

    /// The same for the boards of all quizzes, brought into memory some at a time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn verify_quizzes(&self) -> Result<(usize, Vec<Difference>), ServiceError> {
        let quizzes = self.context.database.read(quizzes::list_quizzes).await?;
        let scopes: Vec<Scope> = quizzes.into_iter().map(|quiz| Scope::Quiz(quiz.id)).collect();
        let mut differences = Vec::new();
        for some in scopes.chunks(QUIZZES_AT_ONCE) {
            self.read_boards(some, Wanted::All).await?;
            differences.extend(self.differences(some).await?);
        }
        Ok((scopes.len(), differences))
    }

    async fn differences(&self, scopes: &[Scope]) -> Result<Vec<Difference>, ServiceError> {
        let units = self.known_units().await?;
        let mut differences = Vec::new();
        for &scope in scopes {
            let Some(board) = self.context.scoreboard.get(scope) else { continue };
            let context = Arc::clone(&self.context);
            let counted = self
                .context
                .database
                .read(move |connection| -> Result<_, StoreError> {
                    let wanted = match scope {
                        Scope::Quiz(quiz) => Wanted::Quiz(quiz),
                        Scope::Span(..) => Wanted::All,
                    };
                    let mut entries = Vec::new();
                    results::for_each_entry(connection, &wanted, &context.calendar, |entry| {
                        if scope.has(&entry) {
                            entries.push(entry);
                        }
                    })?;
                    Ok(counted(entries))
                })
                .await?;
            let found = read(&board).page(None, None, usize::MAX).rows;
            differences.extend(first_difference(scope, &rank_members(&counted), &found));
            for unit in units.rows().map(|unit| unit.id) {
                let below = units.tree().below(unit);
                let mut counted = counted.clone();
                counted.retain_units(|unit| below.contains(&unit));
                let mut board = write(&board);
                board.make_order(unit, below);
                let found = board.page(Some(unit), None, usize::MAX).rows;
                differences.extend(first_difference(scope, &rank_members(&counted), &found));
            }
        }
        Ok(differences)
    }
}

fn first_difference(
    scope: Scope,
    expected: &[MemberStanding],
    found: &[MemberStanding],
) -> Option<Difference> {
    let rows = expected.len().max(found.len());
    let row = (0..rows).find(|&row| expected.get(row) != found.get(row))?;
    Some(Difference { scope, expected: expected.get(row).cloned(), found: found.get(row).cloned() })
}
