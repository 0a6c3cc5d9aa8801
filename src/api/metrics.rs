//! Prometheus metrics: what is counted while requests are answered. What else is told is read when it is asked for
//! (`readings.rs`).

use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use super::readings::{of_process, of_services};
use crate::services::Services;

/// Shortest bucket of the latency histogram, in seconds; each further one is twice as long.
const SHORTEST_BUCKET_SECONDS: f64 = 0.0005;
/// Buckets of the latency histogram: up to some 8 seconds.
const BUCKETS: u16 = 15;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: Arc<str>,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct LatencyLabels {
    route: Arc<str>,
}

/// What one instance counts.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<RouteLabels, Counter>,
    seconds: Family<LatencyLabels, Histogram, fn() -> Histogram>,
    begun: Counter,
    submitted: Counter,
}

fn latency_histogram() -> Histogram {
    Histogram::new(exponential_buckets(SHORTEST_BUCKET_SECONDS, 2.0, BUCKETS))
}

impl Metrics {
    pub(super) fn new() -> Self {
        let metrics = Self {
            registry: Registry::with_prefix("qianti"),
            requests: Family::default(),
            seconds: Family::new_with_constructor(latency_histogram),
            begun: Counter::default(),
            submitted: Counter::default(),
        };
        let mut registry = Registry::with_prefix("qianti");
        registry.register("http_requests", "Requests by route and status", metrics.requests.clone());
        registry.register("http_request_seconds", "Time to answer by route", metrics.seconds.clone());
        registry.register("attempts_begun", "Attempts begun", metrics.begun.clone());
        registry.register("attempts_submitted", "Submissions answered", metrics.submitted.clone());
        Self { registry, ..metrics }
    }

    pub(super) fn begun(&self, new: bool) {
        if new {
            self.begun.inc();
        }
    }

    pub(super) fn submitted(&self) {
        self.submitted.inc();
    }

    pub(super) fn answered(&self, method: &'static str, route: &Arc<str>, status: u16, seconds: f64) {
        let labels = RouteLabels { method, route: Arc::clone(route), status };
        self.requests.get_or_create(&labels).inc();
        self.seconds.get_or_create(&LatencyLabels { route: Arc::clone(route) }).observe(seconds);
    }

    /// The metrics in Prometheus' text format.
    pub(super) async fn text(&self, services: &Services) -> Result<String, std::fmt::Error> {
        let mut own = Registry::with_prefix("qianti");
        own.register_collector(Box::new(of_services(services).await));
        let mut process = Registry::default();
        process.register_collector(Box::new(of_process()));
        let mut text = String::new();
        for registry in [&self.registry, &own, &process] {
            encode_registry(&mut text, registry)?;
        }
        encode_eof(&mut text)?;
        Ok(text)
    }
}
