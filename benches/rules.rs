//! The rules in process: draw, grade, rank, at several sizes. `cargo bench --bench rules`, and behind `--` the
//! part of a name to run only that.
#![allow(
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a bench fails by panicking"
)]

use divan::{Bencher, black_box};
use jiff::civil::date;
use qianti::domain::blueprint::{Blueprint, MultipleRule, Plan, Section};
use qianti::domain::draw::draw;
use qianti::domain::grading::{Answers, grade_paper};
use qianti::domain::ids::{MemberId, QuizId, UnitId};
use qianti::domain::points::Points;
use qianti::domain::question::{Key, Kind, Question};
use qianti::domain::quiz::QuizKind;
use qianti::domain::ranking::{Entry, UnitTotals, counted, rank_members, rank_units};
use qianti::domain::time::Millis;
use qianti::live::scoreboard::Board;

fn main() {
    divan::main();
}

/// A bank of `count` questions: half single, a quarter multiple, a quarter judge, in ten chapters.
fn bank(count: usize) -> Vec<Question> {
    let options = || ["甲", "乙", "丙", "丁"].map(|text| text.repeat(12)).to_vec();
    (0..count)
        .map(|index| {
            let (kind, options, key) = match index % 4 {
                0 | 1 => (Kind::Single, options(), Key::Options(vec![index % 3])),
                2 => (Kind::Multiple, options(), Key::Options(vec![0, 2])),
                _ => (Kind::Judge, vec![], Key::Truth(index % 8 == 3)),
            };
            Question {
                code: format!("{index:06}"),
                kind,
                chapter: format!("第{}章", index % 10),
                difficulty: 3,
                stem: "党员应当履行的义务是什么？".repeat(3),
                options,
                key,
                explanation: String::new(),
                source: String::new(),
                verified_on: None,
            }
        })
        .collect()
}

fn section(kinds: &[Kind], chapters: &[&str], count: u32) -> Section {
    Section {
        title: String::new(),
        kinds: kinds.to_vec(),
        chapters: chapters.iter().map(|&chapter| chapter.to_owned()).collect(),
        difficulty: (1, 5),
        count,
        points: Points(500),
        multiple_rule: MultipleRule::default(),
    }
}

fn blueprint(sections: Vec<Section>) -> Blueprint {
    Blueprint { sections, shuffle_questions: true, shuffle_options: true }
}

/// 20 items of three kinds.
fn contest() -> Blueprint {
    blueprint(vec![
        section(&[Kind::Single], &[], 10),
        section(&[Kind::Multiple], &[], 5),
        section(&[Kind::Judge], &[], 5),
    ])
}

/// 20 items of two sections that share questions.
fn shared() -> Blueprint {
    blueprint(vec![section(&[], &[], 10), section(&[Kind::Single], &[], 10)])
}

#[divan::bench(args = [100, 1_000, 10_000, 100_000])]
fn draw_20_items(bencher: Bencher<'_, '_>, questions: usize) {
    draw_papers(bencher, &bank(questions), &contest());
}

#[divan::bench(args = [100, 1_000, 10_000])]
fn draw_20_items_of_sections_that_share_questions(bencher: Bencher<'_, '_>, questions: usize) {
    draw_papers(bencher, &bank(questions), &shared());
}

fn draw_papers(bencher: Bencher<'_, '_>, bank: &[Question], blueprint: &Blueprint) {
    let plan = Plan::new(bank, blueprint).unwrap_or_else(|short| panic!("{short:?}"));
    let mut seed = 0_u64;
    bencher.bench_local(|| {
        seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        draw(bank, blueprint, &plan, black_box(seed))
    });
}

/// What is worked out once for each quiz and revision.
#[divan::bench(args = [100, 1_000, 10_000, 100_000])]
fn plan(bencher: Bencher<'_, '_>, questions: usize) {
    let (bank, blueprint) = (bank(questions), contest());
    bencher.bench_local(|| Plan::new(black_box(&bank), &blueprint).is_ok());
}

#[divan::bench(args = [1, 5, 25])]
fn grade(bencher: Bencher<'_, '_>, times_20_items: u32) {
    let bank = bank(1_000);
    let mut blueprint = contest();
    for section in &mut blueprint.sections {
        section.count *= times_20_items;
    }
    let plan = Plan::new(&bank, &blueprint).unwrap_or_else(|short| panic!("{short:?}"));
    let paper = draw(&bank, &blueprint, &plan, 7);
    let answers: Answers = (1..)
        .zip(&paper.items)
        .map(|(no, item)| {
            let answer: &[&str] = match bank[item.question].kind {
                Kind::Single => &["A"],
                Kind::Multiple => &["A", "C"],
                _ => &["true"],
            };
            (no, answer.iter().map(|&word| word.to_owned()).collect())
        })
        .collect();
    bencher.bench_local(|| grade_paper(&bank, &blueprint, &paper, black_box(&answers), 60));
}

/// One graded attempt of each member.
fn entries(members: i64) -> Vec<Entry> {
    let entry = |member: i64| Entry {
        no: member + 1,
        started_at: Millis(1_795_406_400_000),
        quiz: QuizId(1),
        kind: QuizKind::Contest,
        member: MemberId(member),
        unit: UnitId(member % 40),
        day: date(2026, 11, 23),
        score: Points(member * 7_919 % 41 * 250),
        max_score: Points(10_000),
        elapsed_ms: 60_000 + member * 104_729 % 540_000,
        submitted_at: Millis(1_795_406_400_000 + member),
        passed: member % 3 == 0,
    };
    (0..members).map(entry).collect()
}

#[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 20)]
fn rank_all_members(bencher: Bencher<'_, '_>, members: i64) {
    let entries = entries(members);
    bencher.with_inputs(|| entries.clone()).bench_local_values(|entries| rank_members(&counted(entries)));
}

/// One's own rank on a board in memory.
#[divan::bench(args = [1_000, 10_000, 100_000, 1_000_000])]
fn rank_one_of_a_board(bencher: Bencher<'_, '_>, members: i64) {
    let board = Board::of(entries(members));
    let mut member = 0;
    bencher.bench_local(|| {
        member = (member + 104_729) % members;
        board.own(None, MemberId(black_box(member)))
    });
}

/// One more result on a board in memory.
#[divan::bench(args = [1_000, 10_000, 100_000, 1_000_000])]
fn add_a_result_to_a_board(bencher: Bencher<'_, '_>, members: i64) {
    let entries = entries(members);
    let mut board = Board::of(entries.clone());
    let (mut no, mut places) = (members, entries.iter().cycle().step_by(7_919));
    bencher
        .with_inputs(|| {
            no += 1;
            // A better one, so that the member moves.
            let before = places.next().cloned().unwrap_or_else(|| panic!("no entries"));
            Entry { no, score: Points(10_000), elapsed_ms: no % 600_000, ..before }
        })
        .bench_local_values(|result| board.apply(&result));
}

#[divan::bench(args = [40, 400, 4_000])]
fn rank_all_units(bencher: Bencher<'_, '_>, units: i64) {
    let totals = |unit: i64| UnitTotals {
        active_members: 30,
        participants: 20,
        score: Points(unit * 7_919 % 30_000),
        elapsed_ms: 60_000 * unit,
        results: 20,
        passed: 12,
        ..UnitTotals::empty(UnitId(unit))
    };
    let totals: Vec<UnitTotals> = (0..units).map(totals).collect();
    bencher.with_inputs(|| totals.clone()).bench_local_values(rank_units);
}
