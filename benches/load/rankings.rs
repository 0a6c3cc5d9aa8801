//! Boards without the server: what one's own rank, a page and one more result cost at any size.

use std::hint::black_box;
use std::time::{Duration, Instant};

use jiff::civil::date;
use qianti::domain::ids::{MemberId, QuizId, UnitId};
use qianti::domain::points::Points;
use qianti::domain::quiz::QuizKind;
use qianti::domain::ranking::Entry;
use qianti::domain::time::Millis;
use qianti::live::scoreboard::Board;

use super::measure::median;
use super::options::Sizes;
use super::report::{RankGrowth, Report};

/// Rows of a page.
const PAGE: usize = 50;
/// Monday, 23 November 2026, 12:00 in Shanghai; any instant will do.
const NOON: i64 = 1_795_406_400_000;
/// A step that meets the members in no order.
const STEP: i64 = 104_729;

/// The result with number `no`, of `member`.
fn result(no: i64, member: i64) -> Entry {
    Entry {
        no,
        quiz: QuizId(1),
        kind: QuizKind::Contest,
        member: MemberId(member),
        unit: UnitId(member % 40),
        started_at: Millis(NOON),
        day: date(2026, 11, 23),
        score: Points(no.wrapping_mul(7_919) % 41 * 250),
        max_score: Points(10_000),
        elapsed_ms: 60_000 + no.wrapping_mul(STEP) % 540_000,
        submitted_at: Millis(NOON + no),
        passed: no % 3 == 0,
    }
}

/// Measures boards of every size.
///
/// # Errors
/// When a board has more members than there are ids.
pub fn measure(sizes: &Sizes, report: &mut Report) -> Result<(), String> {
    println!("  boards in process");
    let slice = sizes.limit / 20;
    for members in sizes.boards {
        let count = i64::try_from(members).map_err(|error| error.to_string())?;
        let mut board = Board::of((0..count).map(|member| result(member + 1, member)));
        let (mut rank, mut page, mut update) = (vec![], vec![], vec![]);
        let (mut member, mut no) = (0, count);
        let next = |member: &mut i64| {
            *member = (*member + STEP) % count;
            MemberId(*member)
        };
        for _ in 0..sizes.rounds {
            rank.push(time(slice, || {
                black_box(board.own(None, next(&mut member)));
            }));
            page.push(time(slice, || {
                black_box(board.page(None, None, PAGE));
            }));
            update.push(time(slice, || {
                no += 1;
                let MemberId(member) = next(&mut member);
                // Better than any before, so that the member moves.
                board.apply(&Entry { score: Points(10_000 + no), ..result(no, member) });
            }));
        }
        report.rankings.push(RankGrowth {
            members,
            rank_ns: median(&rank),
            page_ns: median(&page),
            update_ns: median(&update),
        });
    }
    Ok(())
}

/// Nanoseconds of one `work`.
fn time(slice: Duration, mut work: impl FnMut()) -> f64 {
    let (began, mut times) = (Instant::now(), 0_u32);
    while began.elapsed() < slice {
        for _ in 0..64 {
            work();
        }
        times += 64;
    }
    began.elapsed().as_nanos() as f64 / f64::from(times)
}
