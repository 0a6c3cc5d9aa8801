//! The boards in memory are what the rules say of the same results, whatever comes in and in which order.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::domain::ids::{MemberId, UnitId};
use crate::domain::org::UnitPath;
use crate::domain::points::Points;
use crate::domain::ranking::{Counted, MemberStanding, UnitTotals, counted, rank_members, rank_units};

/// 1 over 2 and 3; 4 and 5 below 2; 6 below 3.
fn tree() -> UnitTree {
    let paths = [(1, "/1/"), (2, "/1/2/"), (3, "/1/3/"), (4, "/1/2/4/"), (5, "/1/2/5/"), (6, "/1/3/6/")];
    UnitTree::new(paths.iter().map(|(id, path)| (UnitId(*id), UnitPath((*path).into()))).collect())
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let entry = ((0_i64..3, 0_i64..8, 4_i64..7, 0_i8..3), (0_i64..4, 0_i64..3, 0_i64..50, any::<bool>()));
    proptest::collection::vec(entry, 0..60).prop_map(|drawn| {
        let read = |(no, ((quiz, member, unit, day), (score, elapsed_ms, at, passed))): (i64, _)| Entry {
            no,
            quiz: QuizId(quiz),
            kind: if quiz == 0 { QuizKind::Daily } else { QuizKind::Contest },
            member: MemberId(member),
            unit: UnitId(unit),
            started_at: Millis(i64::from(day) * 1_000),
            day: date(2026, 11, 1 + day),
            score: Points(score * 100),
            max_score: Points(300),
            elapsed_ms,
            // Distinct, so that "the first of the day" is one of them.
            submitted_at: Millis(i64::from(day) * 1_000 + at * 100 + no),
            passed,
        };
        (1..).zip(drawn).map(read).collect()
    })
}

/// The rows of a member board, by the rules.
fn expected(entries: &[Entry], within: Option<&HashSet<UnitId>>) -> Vec<MemberStanding> {
    let mut counted = counted(entries.to_vec());
    if let Some(within) = within {
        counted.retain_units(|unit| within.contains(&unit));
    }
    rank_members(&counted)
}

/// The totals of units by their definition, member by member.
fn expected_totals(counted: &Counted, tree: &UnitTree, homes: &HashMap<MemberId, UnitId>) -> Vec<UnitTotals> {
    let mut totals = Vec::new();
    for unit in (1..=6).map(UnitId) {
        let below = tree.below(unit);
        let at_home: HashSet<MemberId> =
            homes.iter().filter(|(_, home)| below.contains(home)).map(|(&member, _)| member).collect();
        if at_home.is_empty() {
            continue;
        }
        let own: Vec<&Entry> = counted.entries.iter().filter(|entry| below.contains(&entry.unit)).collect();
        let participants: HashSet<MemberId> = own.iter().map(|entry| entry.member).collect();
        let count = |number: usize| u32::try_from(number).unwrap();
        totals.push(UnitTotals {
            unit,
            active_members: count(at_home.union(&participants).count()),
            participants: count(participants.len()),
            score: own.iter().map(|entry| entry.score).sum(),
            max_score: own.iter().map(|entry| entry.max_score).sum(),
            elapsed_ms: own.iter().map(|entry| entry.elapsed_ms).sum(),
            results: count(own.len()),
            passed: count(own.iter().filter(|entry| entry.passed).count()),
            excellent: count(own.iter().filter(|entry| entry.score.0 * 10 >= entry.max_score.0 * 9).count()),
        });
    }
    totals
}

proptest! {
    #[test]
    fn a_board_that_was_read_in_part_and_told_the_rest_is_what_the_rules_say(
        entries in entries(),
        read in 0_usize..60,
        homes in proptest::collection::hash_map((0_i64..8).prop_map(MemberId), (4_i64..7).prop_map(UnitId), 0..8),
    ) {
        let (read, told) = entries.split_at(read.min(entries.len()));
        let tree = tree();
        let mut board = Board::of(read.to_vec());
        let below = tree.below(UnitId(2));
        board.make_order(UnitId(2), below.clone());
        let known_homes = Arc::new(Homes::new(homes.clone()));
        board.learn_homes(Arc::clone(&known_homes));
        for entry in told {
            board.apply(entry);
        }
        let everybody = expected(&entries, None);
        prop_assert_eq!(&board.page(None, None, usize::MAX).rows, &everybody);
        prop_assert_eq!(board.page(Some(UnitId(2)), None, 100).rows, expected(&entries, Some(&below)));
        for standing in &everybody {
            prop_assert_eq!(board.own(None, standing.key.member), Some(standing.clone()));
        }
        prop_assert!(board.own(None, MemberId(99)).is_none());
        let all: HashSet<UnitId> = (1..=6).map(UnitId).collect();
        prop_assert_eq!(
            rank_units(board.unit_totals(&tree, &all)),
            rank_units(expected_totals(&counted(entries.clone()), &tree, &homes))
        );
        let mut fresh = Board::of(entries.clone());
        prop_assert!(!fresh.knows_homes(&known_homes));
        fresh.learn_homes(known_homes);
        prop_assert_eq!(rank_units(fresh.unit_totals(&tree, &all)), rank_units(board.unit_totals(&tree, &all)));
    }

    #[test]
    fn pages_that_follow_each_other_are_the_whole_board(entries in entries(), limit in 1_usize..5) {
        let board = Board::of(entries);
        let (mut rows, mut after) = (Vec::new(), None);
        loop {
            let page = board.page(None, after, limit);
            prop_assert!(page.rows.len() <= limit);
            rows.extend(page.rows);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        prop_assert_eq!(rows, board.page(None, None, usize::MAX).rows);
    }

    /// What is read from the database may hold results that are told later, and results may be told while
    /// it is read, twice, and out of order.
    #[test]
    fn a_board_read_while_results_come_in_misses_none_and_counts_none_twice(
        entries in entries(),
        told_before in 0_usize..60,
        visible in 0_usize..60,
        told_meanwhile in 0_usize..60,
        swap in any::<bool>(),
    ) {
        let told_before = told_before.min(entries.len());
        // What was told was committed, so it can be read; more may be committed than was told.
        let visible = visible.clamp(told_before, entries.len().max(told_before));
        let scoreboard = Scoreboard::default();
        let scope = Scope::Quiz(QuizId(1));
        for entry in &entries[..told_before] {
            scoreboard.apply(entry, Millis(0));
        }
        scoreboard.expect(&[scope]);
        let floor = scoreboard.floor_of(scope);
        let mut rest: Vec<&Entry> = entries[told_before..].iter().collect();
        if swap {
            rest.reverse();
        }
        let (meanwhile, later) = rest.split_at(told_meanwhile.min(rest.len()));
        for entry in meanwhile {
            scoreboard.apply(entry, Millis(0));
        }
        let read: Vec<Entry> =
            entries[..visible].iter().filter(|entry| scope.has(entry)).cloned().collect();
        let above_floor = read.iter().map(|entry| entry.no).filter(|&no| no > floor).collect();
        scoreboard.put(scope, Board::of(read), above_floor);
        let board = scoreboard.get(scope).unwrap();
        for entry in later.iter().chain(meanwhile) {
            scoreboard.apply(entry, Millis(0));
        }
        let of_quiz: Vec<Entry> = entries.iter().filter(|entry| scope.has(entry)).cloned().collect();
        prop_assert_eq!(board.read().unwrap().page(None, None, 100).rows, expected(&of_quiz, None));
    }

    /// Results are voided while boards are held and while they are read, before and after they are told; a
    /// board that is held never has one that was voided.
    #[test]
    fn a_voided_result_is_on_no_board_whenever_it_is_told(
        entries in entries(),
        steps in proptest::collection::vec((0_u8..6, 0_usize..60), 0..120),
    ) {
        let scoreboard = Scoreboard::default();
        let scope = Scope::Span(Millis(0), Millis(2_000));
        let (mut committed, mut told) = (0, 0);
        let mut voided: HashSet<i64> = HashSet::new();
        let mut reading: Option<(i64, Option<Vec<Entry>>)> = None;
        let standing = |voided: &HashSet<i64>, until: usize| -> Vec<Entry> {
            let counts = |entry: &&Entry| scope.has(entry) && !voided.contains(&entry.no);
            entries[..until].iter().filter(counts).cloned().collect()
        };
        for (step, index) in steps {
            match (step, &mut reading) {
                (0, _) => committed = (committed + 1).min(entries.len()),
                (1, _) if told < committed => {
                    scoreboard.apply(&entries[told], Millis(0));
                    told += 1;
                }
                (2, _) if index < committed => {
                    let Entry { no, quiz, kind, started_at, submitted_at, .. } = entries[index];
                    let result = Voided { no, quiz, kind, started_at, submitted_at };
                    prop_assert_eq!(scoreboard.void(&result), voided.insert(no));
                }
                (3, None) => {
                    scoreboard.expect(&[scope]);
                    reading = Some((scoreboard.floor_of(scope), None));
                }
                (4, Some((_, read @ None))) => *read = Some(standing(&voided, committed)),
                (5, Some((floor, Some(read)))) => {
                    let above_floor = read.iter().map(|entry| entry.no).filter(|no| no > floor).collect();
                    scoreboard.put(scope, Board::of(std::mem::take(read)), above_floor);
                    reading = None;
                }
                _ => {}
            }
        }
        for entry in &entries[told..committed] {
            scoreboard.apply(entry, Millis(0));
        }
        if let Some(board) = scoreboard.get(scope) {
            let rows = board.read().unwrap().page(None, None, 100).rows;
            prop_assert_eq!(rows, expected(&standing(&voided, committed), None));
        }
    }
}
