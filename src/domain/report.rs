//! The shapes of reports: what a leader is told of a unit, and what is kept when a month closes.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ids::{MemberId, UnitId};
use super::org::UnitKind;
use super::points::Points;
use super::ranking::UnitTotals;

/// Fewest answers from which a share says something: weak chapters have at least so many items answered,
/// and an item so many answers before its discrimination is told.
pub const FEW_ANSWERS: u64 = 10;

/// A unit, as reports name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnitRef {
    /// Its id.
    #[schema(value_type = i64)]
    pub id: UnitId,
    /// Its level.
    pub kind: UnitKind,
    /// Its stable name in files.
    pub code: String,
    /// Its name for people.
    pub name: String,
}

/// What a unit has reached. What counts is what the leaderboards count: of each quiz a member's best
/// attempt, of a daily quiz the first of each day. A rate is from 0 to 1, and null where there is nothing to
/// divide by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Figures {
    /// Members who belong to the unit or below it, and those who took part for it and have moved or left
    /// since.
    pub active_members: u32,
    /// Members with a result that counts here.
    pub participants: u32,
    /// Participants ÷ active members.
    #[schema(required)]
    pub participation: Option<f64>,
    /// Results that count.
    pub results: u32,
    /// Points over all active members, absent ones counting 0.
    #[schema(value_type = Option<f64>, required)]
    pub mean_score: Option<Points>,
    /// Points earned ÷ points possible of the results, in percent: how well those did who took part.
    #[schema(required)]
    pub mean_percent: Option<f64>,
    /// Passed results ÷ results.
    #[schema(required)]
    pub pass_rate: Option<f64>,
    /// Results with 90 % of the full mark or more ÷ results.
    #[schema(required)]
    pub excellence_rate: Option<f64>,
    /// Elapsed time of a result, in milliseconds.
    #[schema(required)]
    pub mean_elapsed_ms: Option<i64>,
}

impl Figures {
    /// The figures of a unit.
    pub fn new(totals: &UnitTotals) -> Self {
        let (has_members, has_results) = (totals.active_members > 0, totals.results > 0);
        Self {
            active_members: totals.active_members,
            participants: totals.participants,
            participation: has_members.then(|| totals.participation()),
            results: totals.results,
            mean_score: has_members.then(|| totals.mean_score()),
            mean_percent: percent(totals.score.0, totals.max_score.0),
            pass_rate: has_results.then(|| totals.pass_rate()),
            excellence_rate: has_results.then(|| totals.excellence_rate()),
            mean_elapsed_ms: has_results.then(|| totals.elapsed_ms / i64::from(totals.results)),
        }
    }
}

/// `part ÷ whole` in percent, to two decimals; `None` for a whole of 0.
#[expect(clippy::cast_precision_loss, reason = "two decimals of a percentage are told")]
pub fn percent(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 10_000.0).round() / 100.0)
}

/// `part ÷ whole`, to four decimals; `None` for a whole of 0.
#[expect(clippy::cast_precision_loss, reason = "four decimals of a share are told")]
pub fn rate(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0)
}

/// A unit in the ranking of the units directly below another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RankedUnit {
    /// 1 is best; shared when everything that orders is equal.
    pub rank: u32,
    /// The unit.
    pub unit: UnitRef,
    /// What it has reached.
    pub figures: Figures,
    /// Its mean score in the period before; null for a quiz and for `all`.
    #[schema(value_type = Option<f64>, required)]
    pub before_mean_score: Option<Points>,
}

/// A member who has done well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BestMember {
    /// 1 is best; equal score and elapsed time share a rank.
    pub rank: u32,
    /// The member.
    #[schema(value_type = i64)]
    pub member_id: MemberId,
    /// Their name.
    pub name: String,
    /// The unit for which the latest result was earned.
    pub unit: UnitRef,
    /// What they earned.
    #[schema(value_type = f64)]
    pub score: Points,
    /// How long it took, in milliseconds.
    pub elapsed_ms: i64,
}

/// A chapter whose items were answered badly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WeakChapter {
    /// The chapter.
    pub chapter: String,
    /// Points earned ÷ points possible, in percent.
    pub percent: f64,
    /// Items that were answered or left empty.
    pub items: u64,
}

/// What has changed since the month before; null where one of the two has nothing to compare.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// Difference of the participation, -1 to 1.
    #[schema(required)]
    pub participation: Option<f64>,
    /// Difference of the mean score, in points; exact to a hundredth.
    #[schema(required)]
    pub mean_score: Option<f64>,
    /// Difference of the mean percent, in percentage points.
    #[schema(required)]
    pub mean_percent: Option<f64>,
    /// Difference of the pass rate, -1 to 1.
    #[schema(required)]
    pub pass_rate: Option<f64>,
    /// Difference of the excellence rate, -1 to 1.
    #[schema(required)]
    pub excellence_rate: Option<f64>,
}

impl Change {
    /// The differences between two months.
    pub fn between(before: Option<&Figures>, now: &Figures) -> Self {
        let Some(before) = before else { return Self::default() };
        let difference = |now: Option<f64>, before: Option<f64>| {
            now.zip(before).map(|(now, before)| ((now - before) * 10_000.0).round() / 10_000.0)
        };
        #[expect(clippy::cast_precision_loss, reason = "points are far below 2^53")]
        let points = |(now, before): (Points, Points)| (now.0 - before.0) as f64 / 100.0;
        Self {
            participation: difference(now.participation, before.participation),
            mean_score: now.mean_score.zip(before.mean_score).map(points),
            mean_percent: difference(now.mean_percent, before.mean_percent),
            pass_rate: difference(now.pass_rate, before.pass_rate),
            excellence_rate: difference(now.excellence_rate, before.excellence_rate),
        }
    }
}

/// What happened on one local day.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DayFigures {
    /// The day.
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    /// Members who handed in something that day, each once.
    pub participants: u64,
    /// Graded attempts, all of them: not only those that count in a ranking.
    pub results: u64,
    /// Points earned ÷ points possible, in percent.
    #[schema(required)]
    pub mean_percent: Option<f64>,
    /// Passed results ÷ results.
    #[schema(required)]
    pub pass_rate: Option<f64>,
}

/// How the items of one chapter were answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct ChapterCell {
    /// Items on graded papers, those left empty too.
    pub items: u64,
    /// Points earned ÷ points possible, in percent.
    #[schema(required)]
    pub percent: Option<f64>,
}

/// How a unit has answered the chapters.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ChapterRow {
    /// The unit.
    pub unit: UnitRef,
    /// One cell for each chapter, in their order.
    pub cells: Vec<ChapterCell>,
}

/// Chapters × units.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ChapterReport {
    /// The chapters, in the order in which they came into the banks.
    pub chapters: Vec<String>,
    /// The units directly below; of a unit without any: itself.
    pub rows: Vec<ChapterRow>,
    /// The unit with all below it: one cell for each chapter.
    pub total: Vec<ChapterCell>,
}

/// What the report of a month says of a unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MonthlyReport {
    /// The unit.
    pub unit: UnitRef,
    /// The month, `YYYY-MM`.
    pub month: String,
    /// What the unit has reached.
    pub figures: Figures,
    /// The same in the month before; null when nobody belonged to the unit then.
    #[schema(required)]
    pub before: Option<Figures>,
    /// The units directly below it, best first; those without members are left out.
    pub ranking: Vec<RankedUnit>,
    /// The best ten members.
    pub best_members: Vec<BestMember>,
    /// The weakest five chapters, the weakest first; at least 10 items were answered in each.
    pub weak_chapters: Vec<WeakChapter>,
    /// What has changed since the month before.
    pub change: Change,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals() -> UnitTotals {
        UnitTotals {
            active_members: 8,
            participants: 6,
            score: Points(50_000),
            max_score: Points(70_000),
            elapsed_ms: 700_001,
            results: 7,
            passed: 5,
            excellent: 2,
            ..UnitTotals::empty(UnitId(1))
        }
    }

    #[test]
    fn figures_by_example() {
        let figures = Figures::new(&totals());
        assert_eq!(figures.participation, Some(0.75));
        assert_eq!(figures.mean_score, Some(Points(6_250)));
        assert_eq!(figures.mean_percent, Some(71.43));
        assert_eq!((figures.pass_rate, figures.excellence_rate), (Some(0.7143), Some(0.2857)));
        assert_eq!(figures.mean_elapsed_ms, Some(100_000));
    }

    #[test]
    fn without_a_denominator_there_is_no_rate() {
        let figures = Figures::new(&UnitTotals::empty(UnitId(1)));
        assert_eq!((figures.participation, figures.mean_score), (None, None));
        assert_eq!((figures.mean_percent, figures.pass_rate, figures.excellence_rate), (None, None, None));
        assert_eq!(figures.mean_elapsed_ms, None);
        let absent = Figures::new(&UnitTotals { active_members: 3, ..UnitTotals::empty(UnitId(1)) });
        assert_eq!((absent.participation, absent.mean_score), (Some(0.0), Some(Points::ZERO)));
        assert_eq!(absent.pass_rate, None);
    }

    #[test]
    fn what_is_kept_reads_back_as_it_was() {
        let figures = Figures::new(&totals());
        let text = serde_json::to_string(&figures).unwrap();
        assert_eq!(serde_json::from_str::<Figures>(&text).unwrap(), figures);
    }

    #[test]
    fn changes_are_differences_and_need_both_sides() {
        let now = Figures::new(&totals());
        let before = Figures {
            participation: Some(0.5),
            mean_score: Some(Points(7_007)),
            pass_rate: None,
            excellence_rate: Some(0.2),
            ..now.clone()
        };
        let change = Change::between(Some(&before), &now);
        assert_eq!(
            (change.participation, change.mean_score, change.mean_percent),
            (Some(0.25), Some(-7.57), Some(0.0))
        );
        assert_eq!((change.pass_rate, change.excellence_rate), (None, Some(0.0857)));
        assert_eq!(Change::between(None, &now), Change::default());
    }
}
