//! How often something was how large: a histogram of atomics, cheap enough for every write.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Bounds of a distribution; each is twice the one before.
const BOUNDS: usize = 16;
/// Shortest bound of a distribution of times: 0.1 ms; the longest is some 3 seconds.
const SHORTEST: Duration = Duration::from_micros(100);
const NANOS: f64 = 1e9;

/// Counts values by size.
#[derive(Debug)]
pub struct Distribution {
    /// The first bound, in the unit of the values.
    first: u64,
    /// How many units are one in what is told.
    scale: f64,
    sum: AtomicU64,
    /// The last one counts what is above every bound.
    counts: [AtomicU64; BOUNDS + 1],
}

/// A distribution as it is at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct DistributionShape {
    /// The sum of all values.
    pub sum: f64,
    /// How many there were.
    pub count: u64,
    /// How many there were up to each bound and above the one before; the last bound is above everything.
    pub buckets: Vec<(f64, u64)>,
}

impl Distribution {
    fn new(first: u64, scale: f64) -> Self {
        Self { first, scale, sum: AtomicU64::new(0), counts: Default::default() }
    }

    /// Of times, told in seconds.
    pub fn of_times() -> Self {
        Self::new(u64::try_from(SHORTEST.as_nanos()).unwrap_or(1), NANOS)
    }

    /// Of numbers of things, from one.
    pub fn of_counts() -> Self {
        Self::new(1, 1.0)
    }

    /// Counts a number of things.
    pub fn observe(&self, value: u64) {
        let bucket = (0..BOUNDS).find(|&no| value <= self.first << no).unwrap_or(BOUNDS);
        if let Some(count) = self.counts.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// Counts a time.
    pub fn observe_time(&self, time: Duration) {
        self.observe(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// What was counted until now.
    #[expect(clippy::cast_precision_loss, reason = "nobody asks a metric for its sixteenth digit")]
    pub fn shape(&self) -> DistributionShape {
        let bound = |no: usize| if no == BOUNDS { f64::MAX } else { (self.first << no) as f64 / self.scale };
        let counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed));
        let buckets: Vec<(f64, u64)> = counts.enumerate().map(|(no, count)| (bound(no), count)).collect();
        DistributionShape {
            sum: self.sum.load(Ordering::Relaxed) as f64 / self.scale,
            count: buckets.iter().map(|(_, count)| count).sum(),
            buckets,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_counted_at_the_first_bound_that_it_does_not_pass() {
        let counts = Distribution::of_counts();
        for value in [0, 1, 2, 3, 4, 32_768, 32_769, 1_000_000] {
            counts.observe(value);
        }
        let shape = counts.shape();
        assert_eq!((shape.sum, shape.count), (1_065_547.0, 8));
        let nonzero: Vec<_> = shape.buckets.into_iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(nonzero, [(1.0, 2), (2.0, 1), (4.0, 2), (32_768.0, 1), (f64::MAX, 2)]);
    }

    #[test]
    fn times_are_told_in_seconds() {
        let times = Distribution::of_times();
        times.observe_time(Duration::from_millis(2));
        times.observe_time(Duration::from_secs(100));
        let shape = times.shape();
        assert!((shape.sum - 100.002).abs() < 1e-9, "{shape:?}");
        assert_eq!(shape.buckets.iter().find(|(_, count)| *count > 0), Some(&(0.0032, 1)));
        assert_eq!(shape.buckets.last(), Some(&(f64::MAX, 1)));
    }
}
