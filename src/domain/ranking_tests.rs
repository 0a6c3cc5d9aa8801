use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn entry(member: i64, score: i64, elapsed_ms: i64, submitted_at: i64) -> Entry {
    Entry {
        no: 0,
        quiz: QuizId(1),
        kind: QuizKind::Contest,
        member: MemberId(member),
        unit: UnitId(1),
        started_at: Millis(submitted_at),
        day: date(2026, 11, 23),
        score: Points(score),
        max_score: Points(100),
        elapsed_ms,
        submitted_at: Millis(submitted_at),
        passed: score >= 60,
    }
}

fn ranks(entries: Vec<Entry>) -> Vec<(i64, u32)> {
    rank_members(&counted(entries)).iter().map(|row| (row.key.member.0, row.rank)).collect()
}

#[test]
fn ties_share_a_rank_and_the_next_rank_skips() {
    assert_eq!(
        ranks(vec![entry(1, 80, 500, 9), entry(2, 90, 700, 8), entry(3, 80, 500, 7), entry(4, 80, 501, 6)]),
        [(2, 1), (3, 2), (1, 2), (4, 4)],
    );
}

#[test]
fn the_best_attempt_of_a_contest_counts_and_all_are_counted() {
    let counted =
        counted(vec![entry(1, 70, 1, 1), entry(1, 90, 900, 2), entry(1, 90, 800, 3), entry(1, 60, 1, 4)]);
    let rows = rank_members(&counted);
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].key.score.0, rows[0].key.elapsed_ms, rows[0].attempts), (Points(90), 800, 4));
}

#[test]
fn the_first_attempt_of_each_day_counts_for_a_daily_quiz() {
    let daily =
        |score, submitted_at, day| Entry { kind: QuizKind::Daily, day, ..entry(1, score, 10, submitted_at) };
    let (monday, tuesday) = (date(2026, 11, 23), date(2026, 11, 24));
    let rows = rank_members(&counted(vec![
        daily(100, 2, monday),
        daily(50, 1, monday),
        daily(30, 3, tuesday),
        daily(40, 4, tuesday),
    ]));
    assert_eq!((rows[0].key.score.0, rows[0].key.elapsed_ms, rows[0].attempts), (Points(80), 20, 4));
}

#[test]
fn a_period_adds_up_the_quizzes_and_the_latest_submission_completes_the_score() {
    let other = Entry { quiz: QuizId(2), unit: UnitId(7), ..entry(1, 40, 5, 20) };
    let rows = rank_members(&counted(vec![other, entry(1, 60, 6, 10)]));
    assert_eq!(rows[0].key.score.0, Points(100));
    assert_eq!((rows[0].key.elapsed_ms, rows[0].key.submitted_at, rows[0].unit), (11, Millis(20), UnitId(7)));
}

fn totals(unit: i64, active: u32, participants: u32, score: i64, elapsed_ms: i64) -> UnitTotals {
    UnitTotals {
        active_members: active,
        participants,
        score: Points(score),
        elapsed_ms,
        results: participants,
        passed: participants / 2,
        ..UnitTotals::empty(UnitId(unit))
    }
}

#[test]
fn a_unit_cannot_win_by_sending_its_best_alone() {
    // One of ten scores 100; against it, all of ten score 60.
    let rows = rank_units(vec![totals(1, 10, 1, 10_000, 10), totals(2, 10, 10, 60_000, 900)]);
    assert_eq!((rows[0].totals.unit, rows[0].totals.mean_score()), (UnitId(2), Points(6000)));
    assert_eq!((rows[1].totals.mean_score(), rows[1].totals.participation()), (Points(1000), 0.1));
}

#[test]
fn units_are_ordered_by_mean_then_participation_then_elapsed_and_share_ranks() {
    let rows = rank_units(vec![
        totals(1, 3, 1, 100, 30),
        totals(2, 6, 4, 200, 30),
        totals(3, 3, 2, 100, 10),
        totals(4, 6, 4, 200, 20),
        totals(5, 0, 0, 0, 0),
    ]);
    let order: Vec<(i64, u32)> = rows.iter().map(|row| (row.totals.unit.0, row.rank)).collect();
    assert_eq!(order, [(3, 1), (4, 1), (2, 3), (1, 4)]);
}

#[test]
fn ratios_have_four_decimals_and_nothing_is_divided_by_nothing() {
    assert_eq!(totals(1, 3, 2, 100, 10).participation(), 0.6667);
    assert_eq!(totals(1, 3, 0, 0, 0).pass_rate(), 0.0);
}

/// The rule once more, as slowly and plainly as it can be said.
fn naive(entries: &[Entry]) -> Vec<(i64, u32)> {
    let mut best: Vec<Entry> = Vec::new();
    for entry in entries {
        let rivals: Vec<&Entry> =
            entries.iter().filter(|other| other.member == entry.member && other.quiz == entry.quiz).collect();
        let beaten = rivals.iter().any(|other| {
            other.score > entry.score
                || (other.score == entry.score && other.elapsed_ms < entry.elapsed_ms)
                || (other.score == entry.score
                    && other.elapsed_ms == entry.elapsed_ms
                    && other.submitted_at < entry.submitted_at)
        });
        if !beaten {
            best.push(entry.clone());
        }
    }
    let members: std::collections::BTreeSet<MemberId> = best.iter().map(|entry| entry.member).collect();
    let mut sums: Vec<(i64, i64, i64, i64)> = members
        .into_iter()
        .map(|member| {
            let own = best.iter().filter(|entry| entry.member == member);
            let score: i64 = own.clone().map(|entry| entry.score.0).sum();
            let elapsed: i64 = own.clone().map(|entry| entry.elapsed_ms).sum();
            (-score, elapsed, own.map(|entry| entry.submitted_at.0).max().unwrap(), member.0)
        })
        .collect();
    sums.sort_unstable();
    sums.iter()
        .map(|row| {
            let better = sums.iter().filter(|other| (other.0, other.1) < (row.0, row.1)).count();
            (row.3, u32::try_from(better).unwrap() + 1)
        })
        .collect()
}

proptest! {
    #[test]
    fn ranking_equals_a_naive_sort(
        rows in proptest::collection::vec((1_i64..8, 1_i64..4, 0_i64..5, 0_i64..4), 0..40),
    ) {
        let entries: Vec<Entry> = rows
            .into_iter()
            .zip(0..)
            .map(|((member, quiz, score, elapsed), at)| Entry { quiz: QuizId(quiz), ..entry(member, score, elapsed, at) })
            .collect();
        prop_assert_eq!(ranks(entries.clone()), naive(&entries));
    }
}
