//! Papers without the server: drawing one and writing it as the client receives it, against copying as many
//! bytes.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use qianti::domain::blueprint::{Blueprint, Plan};
use qianti::domain::draw::draw;
use qianti::domain::question::Question;
use qianti::domain::time::Millis;
use qianti::live::banks::BankSnapshot;
use qianti::live::papers::SectionTexts;

use super::data::contest;
use super::measure::median;
use super::options::Sizes;
use super::report::{Goal, PaperGrowth, Report, Row};

/// A bank in memory, as the server holds it, and what it takes to write a paper of it.
struct Bank {
    snapshot: BankSnapshot,
    blueprint: Blueprint,
    plan: Arc<Plan>,
    sections: SectionTexts,
}

impl Bank {
    fn new(questions: Vec<Question>) -> Result<Self, String> {
        let blueprint = contest("papers".into(), Millis(0)).blueprint;
        let snapshot = BankSnapshot::new(questions);
        let plan = snapshot.plan(&blueprint).map_err(|_| "the bank cannot fill the blueprint")?;
        let sections = SectionTexts::new(&blueprint.sections);
        Ok(Self { snapshot, blueprint, plan, sections })
    }

    /// Appends the JSON of the items of the paper of `seed`.
    fn write_paper(&self, seed: u64, into: &mut Vec<u8>) {
        let paper = draw(self.snapshot.questions(), &self.blueprint, &self.plan, seed);
        self.snapshot.texts().write(into, &paper, &self.sections);
    }
}

/// The built-in bank, repeated or thinned out to `count` questions.
///
/// # Errors
/// When the built-in bank cannot be read.
fn questions(count: usize) -> Result<Vec<Question>, String> {
    let mut built_in = Vec::new();
    for found in qianti::built_in::bank()?.questions {
        let draft = found.draft.map_err(|_| "a built-in question cannot be read")?;
        built_in.push(draft.check().map_err(|_| "a built-in question is not well formed")?);
    }
    // A step that has no divisor in common with the size meets every question, of every kind, in turn.
    let step = (1..).map(|n| 7 * n).find(|step| common_divisor(*step, built_in.len()) == 1).unwrap_or(1);
    let copy = |index: usize| {
        let question = built_in[index * step % built_in.len()].clone();
        Question { code: format!("{index:06}"), ..question }
    };
    Ok((0..count).map(copy).collect())
}

fn common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

/// Measures papers of banks of every size.
///
/// # Errors
/// When something could not be measured.
pub fn measure(sizes: &Sizes, report: &mut Report) -> Result<(), String> {
    println!("  papers in process");
    let mut banks = Vec::with_capacity(sizes.banks.len());
    for count in sizes.banks {
        banks.push(Bank::new(questions(count)?)?);
    }
    let slice = sizes.limit / 10;
    let mut figures = vec![(vec![], vec![], 0.0); banks.len()];
    // Sizes take turns like the sides of every comparison; the first round is thrown away.
    for round in 0..=sizes.rounds {
        for (bank, (paper, copy, bytes)) in banks.iter().zip(&mut figures) {
            let (paper_ns, mean_bytes, written) = time_papers(bank, slice);
            let copy_ns = time_copies(&written, slice);
            if round > 0 {
                paper.push(paper_ns);
                copy.push(copy_ns);
                *bytes = mean_bytes;
            }
        }
    }
    for (questions, (paper, copy, bytes)) in sizes.banks.into_iter().zip(figures) {
        let (paper_ns, copy_ns) = (median(&paper), median(&copy));
        report.papers.push(PaperGrowth { questions, paper_ns, copy_ns, bytes });
    }
    let [_, small, _, large] = report.papers.as_slice() else { return Err("four banks".into()) };
    let to_copy = Row::ratio(
        format!("drawing and writing a paper of 20 items in process, {} questions", small.questions),
        "copying as many bytes",
        small.paper_ns / small.copy_ns,
        Goal::AtMost(15.0),
    );
    let note = format!("{:.0} ns against {:.0} ns, {:.0} bytes", small.paper_ns, small.copy_ns, small.bytes);
    let growth = Row::ratio(
        format!("drawing and writing a paper of 20 items in process, {} questions", large.questions),
        format!("the same, {} questions", small.questions),
        large.paper_ns / small.paper_ns,
        Goal::AtMost(5.0),
    );
    let growth_note = format!("{:.0} ns against {:.0} ns", large.paper_ns, small.paper_ns);
    let rows = [to_copy.noting(note), growth.noting(growth_note)];
    report.rows.extend(rows);
    Ok(())
}

/// Nanoseconds of a paper, its mean length, and one paper of about that length.
fn time_papers(bank: &Bank, slice: Duration) -> (f64, f64, Vec<u8>) {
    let mut buffer = Vec::with_capacity(64 << 10);
    let (mut papers, mut bytes) = (0_u32, 0);
    let began = Instant::now();
    while began.elapsed() < slice {
        for _ in 0..64 {
            buffer.clear();
            papers = papers.wrapping_add(1);
            bank.write_paper(u64::from(papers).wrapping_mul(0x9E37_79B9_7F4A_7C15), &mut buffer);
            bytes += black_box(&buffer).len();
        }
    }
    let ns = began.elapsed().as_nanos() as f64 / f64::from(papers);
    let mean = bytes as f64 / f64::from(papers);
    buffer.resize(bytes / papers as usize, b' ');
    (ns, mean, buffer)
}

/// Nanoseconds of a copy of `bytes` into a buffer that is there already.
fn time_copies(bytes: &[u8], slice: Duration) -> f64 {
    let mut buffer = vec![0; bytes.len()];
    let mut copies = 0_u32;
    let began = Instant::now();
    while began.elapsed() < slice {
        for _ in 0..1024 {
            buffer.copy_from_slice(black_box(bytes));
            black_box(&mut buffer);
            copies += 1;
        }
    }
    began.elapsed().as_nanos() as f64 / f64::from(copies)
}
