//! Comparing: the sides take turns, round by round, so that what else happens on the machine hits them alike.

use std::net::SocketAddr;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::client::{LONGEST_US, Load, run};
use super::options::Sizes;
use super::report::Figures;

/// How long priming may take.
const PRIMING: Duration = Duration::from_secs(30);

/// Writes the request with a number.
pub type Requests<'a> = Box<dyn FnMut(usize, &mut Vec<u8>) + 'a>;

/// One side of a comparison.
pub struct Side<'a> {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its requests; the numbers go on from round to round.
    pub request: Requests<'a>,
    /// Most requests of one round; `usize::MAX` when they use nothing up.
    pub most: usize,
    /// What is asked before each round, off the clock: so many requests with the same numbers as the round's.
    pub prime: Option<(Requests<'a>, usize)>,
}

impl<'a> Side<'a> {
    /// A side whose requests use nothing up.
    pub fn endless(address: SocketAddr, request: Requests<'a>) -> Self {
        Self { address, request, most: usize::MAX, prime: None }
    }
}

/// What one side did.
pub struct Measured {
    /// Answers a second, by round.
    pub rounds: Vec<f64>,
    /// The 99th percentile of the latency in milliseconds, by round.
    pub p99_ms: Vec<f64>,
    /// All rounds together.
    pub figures: Figures,
    latency: Histogram<u64>,
    answered: u64,
}

impl Measured {
    /// One request alone, as if every round had been like it.
    ///
    /// # Errors
    /// Never; only the histogram's bounds could be wrong.
    pub fn once(took: Duration, rounds: usize) -> Result<Self, String> {
        let (per_second, ms) = (1.0 / took.as_secs_f64(), took.as_secs_f64() * 1000.0);
        let figures = Figures { per_second, p50_ms: ms, p99_ms: ms, requests: 1 };
        let (rounds, p99_ms) = (vec![per_second; rounds], vec![ms; rounds]);
        Ok(Self { rounds, p99_ms, figures, latency: histogram()?, answered: 1 })
    }
}

fn histogram() -> Result<Histogram<u64>, String> {
    Histogram::new_with_bounds(1, LONGEST_US, 3).map_err(|error| error.to_string())
}

/// Lets each side warm up for a moment with its `warm` requests, then measures round by round, with as many
/// `connections` for each.
///
/// # Errors
/// When a side cannot be reached or any of its answers is not 2xx.
pub fn interleave(
    sides: &mut [Side<'_>],
    connections: usize,
    rate: Option<f64>,
    sizes: &Sizes,
) -> Result<Vec<Measured>, String> {
    let mut measured: Vec<Measured> = Vec::with_capacity(sides.len());
    for _ in sides.iter() {
        let latency = histogram()?;
        measured.push(Measured {
            rounds: vec![],
            p99_ms: vec![],
            figures: Figures::default(),
            latency,
            answered: 0,
        });
    }
    let mut used = vec![0; sides.len()];
    // The first round is short and thrown away: caches fill, threads start.
    for round in 0..=sizes.rounds {
        for ((side, into), used) in sides.iter_mut().zip(&mut measured).zip(&mut used) {
            let warming = round == 0;
            let limit = if warming { sizes.limit.min(Duration::from_millis(300)) } else { sizes.limit };
            let most = if warming { side.most.min(warm_up(sizes)) } else { side.most };
            let load = Load { connections, limit, most, rate, stop: None };
            let from = *used;
            if let Some((prime, count)) = &mut side.prime {
                let most = if warming { most.min(*count) } else { *count };
                let load = Load { connections, limit: PRIMING, most, rate: None, stop: None };
                run(side.address, &load, &mut |index, buffer| prime(from + index, buffer))?.check()?;
            }
            let outcome =
                run(side.address, &load, &mut |index, buffer| (side.request)(from + index, buffer))?;
            outcome.check()?;
            *used += usize::try_from(outcome.answered).unwrap_or(usize::MAX);
            if warming {
                continue;
            }
            into.rounds.push(outcome.per_second());
            into.p99_ms.push(outcome.latency.value_at_quantile(0.99) as f64 / 1000.0);
            into.answered += outcome.answered;
            into.latency.add(&outcome.latency).map_err(|error| error.to_string())?;
        }
    }
    for side in &mut measured {
        let quantile = |quantile| side.latency.value_at_quantile(quantile) as f64 / 1000.0;
        side.figures = Figures {
            per_second: median(&side.rounds),
            p50_ms: quantile(0.5),
            p99_ms: quantile(0.99),
            requests: side.answered,
        };
    }
    Ok(measured)
}

/// Requests of the round that is thrown away, at most.
fn warm_up(sizes: &Sizes) -> usize {
    sizes.per_round / 20
}

/// What [`interleave`] uses up at most of a side that gives `most` a round.
pub fn used_up(sizes: &Sizes, most: usize) -> usize {
    most * sizes.rounds + warm_up(sizes)
}

/// The median of the rounds' ratios of requests a second.
pub fn ratio(ours: &Measured, theirs: &Measured) -> f64 {
    let ratios: Vec<f64> =
        ours.rounds.iter().zip(&theirs.rounds).map(|(ours, theirs)| ours / theirs).collect();
    median(&ratios)
}

/// The median; 0 of nothing.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.get(sorted.len() / 2)) {
        (length, Some(upper)) if length % 2 == 0 => (sorted[length / 2 - 1] + upper) / 2.0,
        (_, Some(middle)) => *middle,
        _ => 0.0,
    }
}
