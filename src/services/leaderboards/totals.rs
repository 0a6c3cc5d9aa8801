//! What units have reached on a board, before anybody is ranked.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, RwLock};

use super::known::KnownUnits;
use super::{Board, Leaderboards, read, write};
use crate::domain::ids::{MemberId, UnitId};
use crate::domain::ranking::{MemberStanding, UnitTotals};
use crate::domain::time::Millis;
use crate::live::scoreboard::{self, Homes};
use crate::services::ServiceError;

/// What the totals of units depend on: the generation, the version of the board, and the instant for which
/// the members' homes hold (`None` while the board is open).
pub type BoardStamp = (u64, u64, Option<Millis>);

/// Somebody who counts for a unit on a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::services) struct MemberOfBoard {
    /// The member.
    pub member: MemberId,
    /// Where they belong; of somebody who belongs elsewhere, the unit of the latest result.
    pub unit: UnitId,
    /// Whether a result of theirs counts.
    pub taken_part: bool,
}

/// A board that is open to add up units.
pub struct OpenTotals {
    board: Arc<RwLock<scoreboard::Board>>,
    homes: Arc<Homes>,
    stamp: Option<BoardStamp>,
}

impl Leaderboards {
    /// Opens a board to add up units.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for a quiz that does not exist.
    pub(in crate::services) async fn open_totals(
        &self,
        board: Board,
        now: Millis,
    ) -> Result<OpenTotals, ServiceError> {
        let generation = self.context.database.freshness().generation();
        let last = self.last_instant(board, now).await?;
        let homes = self.homes(last).await?;
        let board = self.board(board, now).await?;
        let stamp = generation.map(|generation| (generation, read(&board).version(), last));
        Ok(OpenTotals { board, homes, stamp })
    }
}

impl OpenTotals {
    /// What was worked out under the same stamp is still right; `None` when nothing may be kept.
    pub fn stamp(&self) -> Option<BoardStamp> {
        self.stamp
    }

    /// Everybody who counts for the units `below`: who belongs there, and who has a result there.
    pub(in crate::services) fn members_within(&self, below: &HashSet<UnitId>) -> Vec<MemberOfBoard> {
        let board = read(&self.board);
        let mut standing: HashMap<MemberId, UnitId> =
            board.standings(below).map(|standing| (standing.key.member, standing.unit)).collect();
        let at_home = self.homes.iter().filter(|(_, unit)| below.contains(unit));
        let mut members: Vec<MemberOfBoard> = at_home
            .map(|(member, unit)| MemberOfBoard {
                member,
                unit,
                taken_part: standing.remove(&member).is_some(),
            })
            .collect();
        let away = standing.into_iter();
        members.extend(away.map(|(member, unit)| MemberOfBoard { member, unit, taken_part: true }));
        members
    }

    /// Where a member stands by what was earned for the units `below`, without the rank.
    pub(in crate::services) fn standing(
        &self,
        member: MemberId,
        below: &HashSet<UnitId>,
    ) -> Option<MemberStanding> {
        read(&self.board).standing(member, below)
    }

    /// What each of the `chosen` units has reached with all below it; those without members are left out.
    pub(in crate::services) fn totals(
        &self,
        units: &KnownUnits,
        chosen: &HashSet<UnitId>,
    ) -> Vec<UnitTotals> {
        if !read(&self.board).knows_homes(&self.homes) {
            write(&self.board).learn_homes(Arc::clone(&self.homes));
        }
        read(&self.board).unit_totals(units.tree(), chosen)
    }
}
