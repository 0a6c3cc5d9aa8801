//! Who has taken part, and who has not.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::stream;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::export::{Export, PAGE, Pages};
use super::{Reports, column, unit_ref};
use crate::domain::ids::{MemberId, UnitId};
use crate::domain::message::Language;
use crate::domain::points::Points;
use crate::domain::report::UnitRef;
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
use crate::formats::sheets::{Cell, SheetRow};
use crate::message;
use crate::services::accounts::login_key;
use crate::services::leaderboards::known::KnownUnits;
use crate::services::leaderboards::{Board, OpenTotals};
use crate::services::{Context, ServiceError};
use crate::store::members::TextFilter;
use crate::store::report_members;

/// Which members are wanted.
#[derive(Clone, Debug)]
pub struct MemberQuery {
    /// The board.
    pub board: Board,
    /// The unit, with all below it; the topmost that the caller leads when it is left out.
    pub unit: Option<UnitId>,
    /// Only those of the unit itself, not of those below it.
    pub direct: bool,
    /// Only those who have taken part, or only those who have not.
    pub taken_part: Option<bool>,
    /// Only those whose name or login holds this.
    pub text: Option<String>,
}

/// What counts for a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberResult {
    /// The score.
    pub score: Points,
    /// How long it took, in milliseconds.
    pub elapsed_ms: i64,
    /// Graded attempts.
    pub attempts: u32,
    /// When the latest result that counts was handed in.
    pub last_at: Millis,
}

/// A member in the list.
#[derive(Clone, Debug)]
pub struct MemberLine {
    /// The member.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// What they log in with.
    pub login: String,
    /// Their unit.
    pub unit: UnitRef,
    /// What counts for them; `None` for those who have not taken part.
    pub result: Option<MemberResult>,
}

/// Where a list goes on: after the member of a unit, which its path names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MemberPlace(Vec<UnitId>, MemberId);

/// Some lines of the list.
#[derive(Clone, Debug)]
pub struct MemberPage {
    /// The lines.
    pub lines: Vec<MemberLine>,
    /// After whom the next ones stand, when more follow.
    pub next: Option<MemberPlace>,
}

/// A list of members that is open to be read.
pub struct MemberReport {
    context: Arc<Context>,
    exports: Arc<Semaphore>,
    units: Arc<KnownUnits>,
    below: HashSet<UnitId>,
    open: OpenTotals,
    /// In their order.
    places: Vec<(MemberPlace, UnitId)>,
}

impl Reports {
    /// Opens the list of the members of a unit and, unless only its own are wanted, of those below it.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] for a unit that the caller does not lead; [`ServiceError::NotFound`] for a
    /// quiz or unit that does not exist.
    pub async fn members(
        &self,
        principal: &Principal,
        query: &MemberQuery,
    ) -> Result<MemberReport, ServiceError> {
        let now = self.context.clock.now();
        let (units, unit) = self.scope(principal, query.unit).await?;
        let open = self.leaderboards.open_totals(query.board, now).await?;
        let below = if query.direct { HashSet::from([unit.id]) } else { units.tree().below(unit.id) };
        let matching = match &query.text {
            Some(text) => {
                let filter = TextFilter { name: text.clone(), login_key: login_key(text) };
                let found = self
                    .context
                    .database
                    .read(move |connection| report_members::find_matching(connection, &filter));
                Some(found.await?)
            }
            None => None,
        };
        let mut places: Vec<(MemberPlace, UnitId)> = open
            .members_within(&below)
            .into_iter()
            .filter(|line| query.taken_part.is_none_or(|taken_part| line.taken_part == taken_part))
            .filter(|line| matching.as_ref().is_none_or(|matching| matching.contains(&line.member)))
            .map(|line| (MemberPlace(units.tree().above(line.unit), line.member), line.unit))
            .collect();
        places.sort_unstable();
        let (context, exports) = (Arc::clone(&self.context), Arc::clone(&self.exports));
        Ok(MemberReport { context, exports, units, below, open, places })
    }
}

impl MemberReport {
    /// The lines after a place, `limit` at most.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn page(&self, after: Option<MemberPlace>, limit: usize) -> Result<MemberPage, ServiceError> {
        let first = after.map_or(0, |after| self.places.partition_point(|(place, _)| *place <= after));
        let rest = self.places.get(first..).unwrap_or_default();
        let wanted = rest.get(..limit.min(rest.len())).unwrap_or_default();
        let next = wanted.last().filter(|_| rest.len() > limit).map(|(place, _)| place.clone());
        let ids: Vec<MemberId> = wanted.iter().map(|(place, _)| place.1).collect();
        let accounts = self
            .context
            .database
            .read(move |connection| report_members::list_accounts(connection, &ids))
            .await?;
        let line = |(MemberPlace(_, member), unit): &(MemberPlace, UnitId)| {
            let account = accounts.get(member)?;
            let standing = self.open.standing(*member, &self.below);
            Some(MemberLine {
                member: *member,
                name: account.name.clone(),
                login: account.login.clone(),
                unit: unit_ref(self.units.row(*unit)?),
                result: standing.map(|standing| MemberResult {
                    score: standing.key.score.0,
                    elapsed_ms: standing.key.elapsed_ms,
                    attempts: standing.attempts,
                    last_at: standing.key.submitted_at,
                }),
            })
        };
        Ok(MemberPage { lines: wanted.iter().filter_map(line).collect(), next })
    }

    /// The whole list as a file.
    ///
    /// # Errors
    /// [`ServiceError::Busy`] when too many files are being written.
    pub fn export(self, language: Language) -> Result<Export, ServiceError> {
        let columns = vec![
            column(language, &message!("账号", "Login"), 18.0),
            column(language, &message!("姓名", "Name"), 14.0),
            column(language, &message!("组织编码", "Unit code"), 14.0),
            column(language, &message!("组织", "Unit"), 36.0),
            column(language, &message!("得分", "Score"), 10.0),
            column(language, &message!("用时（秒）", "Seconds"), 12.0),
            column(language, &message!("答题次数", "Attempts"), 10.0),
            column(language, &message!("最近交卷", "Last handed in"), 20.0),
        ];
        let sheet = message!("参与情况", "Members").text(language).to_owned();
        let exports = Arc::clone(&self.exports);
        let pages: Pages = Box::pin(stream::try_unfold((self, Some(None)), |(report, after)| async move {
            let Some(after) = after else { return Ok(None) };
            let page = report.page(after, PAGE).await?;
            let rows = page.lines.iter().map(|line| report.row(line)).collect();
            let next = page.next.map(Some);
            Ok(Some((rows, (report, next))))
        }));
        Export::new(&exports, sheet, columns, pages)
    }

    fn row(&self, line: &MemberLine) -> SheetRow {
        let local = |at: Millis| self.context.calendar.local(at).strftime("%Y-%m-%d %H:%M:%S").to_string();
        vec![
            line.login.as_str().into(),
            line.name.as_str().into(),
            line.unit.code.as_str().into(),
            line.unit.name.as_str().into(),
            line.result.map(|result| result.score).into(),
            Cell::seconds(line.result.map(|result| result.elapsed_ms)),
            line.result.map(|result| result.attempts).into(),
            line.result.map(|result| local(result.last_at)).into(),
        ]
    }
}
