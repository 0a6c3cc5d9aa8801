//! What is told of an instance when its metrics are asked for: nothing of it costs anything in between.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::services::Services;
use crate::services::vitals::{Distribution, DistributionShape, Task};

/// The labels of an exemplar, of which we have none.
type NoLabels = [(&'static str, &'static str); 0];

/// A value of a metric.
#[derive(Clone, Debug)]
enum Value {
    Counter(u64),
    Seconds(f64),
    Gauge(f64),
    Distribution(DistributionShape),
}

impl Value {
    fn kind(&self) -> MetricType {
        match self {
            Self::Counter(_) | Self::Seconds(_) => MetricType::Counter,
            Self::Gauge(_) => MetricType::Gauge,
            Self::Distribution(_) => MetricType::Histogram,
        }
    }

    fn encode(&self, mut encoder: MetricEncoder<'_>) -> std::fmt::Result {
        match self {
            Self::Counter(count) => ConstCounter::new(*count).encode(encoder),
            Self::Seconds(seconds) => ConstCounter::new(*seconds).encode(encoder),
            Self::Gauge(value) => ConstGauge::new(*value).encode(encoder),
            Self::Distribution(shape) => {
                encoder.encode_histogram::<NoLabels>(shape.sum, shape.count, &shape.buckets, None)
            }
        }
    }
}

/// A metric: one value, or one for each value of a label.
#[derive(Clone, Debug)]
struct Reading {
    name: &'static str,
    help: &'static str,
    values: Vec<(Option<(&'static str, &'static str)>, Value)>,
}

/// Metrics that were read at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Readings(Vec<Reading>);

impl Collector for Readings {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        for Reading { name, help, values } in &self.0 {
            let Some((_, first)) = values.first() else { continue };
            let mut metric = encoder.encode_descriptor(name, help, None, first.kind())?;
            if let [(None, value)] = values.as_slice() {
                value.encode(metric)?;
                continue;
            }
            for (label, value) in values {
                value.encode(metric.encode_family(&label.map_or_else(Vec::new, |label| vec![label]))?)?;
            }
        }
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "nobody asks a gauge for its sixteenth digit")]
fn gauge(value: usize) -> Value {
    Value::Gauge(value as f64)
}

fn count(counter: &AtomicU64) -> Value {
    Value::Counter(counter.load(Ordering::Relaxed))
}

fn shape(distribution: &Distribution) -> Value {
    Value::Distribution(distribution.shape())
}

impl Readings {
    fn add(&mut self, name: &'static str, help: &'static str, value: Value) {
        self.0.push(Reading { name, help, values: vec![(None, value)] });
    }

    /// One value for each task.
    fn add_of_tasks(
        &mut self,
        name: &'static str,
        help: &'static str,
        value: impl Fn(Task) -> Option<Value>,
    ) {
        let of = |task: Task| Some((Some(("task", task.name())), value(task)?));
        self.0.push(Reading { name, help, values: Task::ALL.into_iter().filter_map(of).collect() });
    }
}

/// What the services tell.
pub(super) async fn of_services(services: &Services) -> Readings {
    let now = services.readings().await;
    let mut all = Readings::default();
    let version = vec![(Some(("version", env!("CARGO_PKG_VERSION"))), Value::Gauge(1.0))];
    all.0.push(Reading { name: "build_info", help: "The program's version", values: version });
    let is_up = usize::from(now.vitals.is_some());
    all.add("database_up", "Whether the database answers: 1 or 0", gauge(is_up));
    let is_stopping = usize::from(services.context.signals.is_stopping());
    all.add("stopping", "Whether the server was told to stop: 1 or 0", gauge(is_stopping));

    all.add("writes", "Write jobs taken from the queue", count(&now.writer.jobs));
    all.add("write_commits", "Transactions committed", count(&now.writer.commits));
    all.add("write_failures", "Transactions that failed and were undone", count(&now.writer.failures));
    all.add(
        "writes_refused",
        "Write jobs turned away because the queue was full",
        count(&now.writer.refused),
    );
    all.add("writes_waiting", "Write jobs that wait", gauge(now.writes.0));
    all.add("writes_waiting_limit", "Write jobs that may wait", gauge(now.writes.1));
    all.add("write_batch_jobs", "Write jobs that shared a transaction", shape(&now.writer.jobs_a_commit));
    all.add("write_wait_seconds", "Time that a write job waited in the queue", shape(&now.writer.waits));
    all.add(
        "write_commit_seconds",
        "Time from a transaction's beginning to its end",
        shape(&now.writer.commit_times),
    );

    let reads = services.context.database.read_stats();
    all.add("reads_running", "Read connections in use", gauge(now.reads.0));
    all.add("reads_running_limit", "Read connections that there are", gauge(now.reads.1));
    all.add("read_wait_seconds", "Time that a read waited for a connection", shape(&reads.waits));
    all.add("reads_refused", "Reads that got no connection in time", count(&reads.refused));

    let hashing = services.hashing();
    let waiting = hashing.waiting.load(Ordering::Relaxed);
    all.add("password_hashes_waiting", "Password hashes that wait or are computed", gauge(waiting));
    let limit = services.context.settings.hashing_queue;
    all.add("password_hashes_waiting_limit", "Password hashes that may wait", gauge(limit));
    all.add("password_hashes_refused", "Password hashes turned away", count(&hashing.refused));
    all.add("password_hash_wait_seconds", "Time that a password hash waited", shape(&hashing.waits));
    all.add("password_hash_seconds", "Time to compute a password hash", shape(&hashing.times));

    all.add("attempts_running", "Running attempts that this instance holds in memory", gauge(now.attempts));
    all.add("streams_open", "Live rankings that are being sent", gauge(now.streams.0));
    all.add("streams_open_limit", "Live rankings that may be sent", gauge(now.streams.1));
    if now.vitals.is_some() {
        for (name, help, behind) in [
            ("rankings_behind_results", "Results that are not in the rankings yet", now.unranked),
            ("statistics_behind_results", "Results that are not in the statistics yet", now.unsummed),
        ] {
            all.add(name, help, gauge(usize::try_from(behind.0).unwrap_or(usize::MAX)));
        }
        for (name, help, behind) in [
            ("rankings_behind_seconds", "Age of the oldest result that is not in the rankings", now.unranked),
            (
                "statistics_behind_seconds",
                "Age of the oldest result that is not in the statistics",
                now.unsummed,
            ),
        ] {
            all.add(name, help, Value::Gauge(behind.1));
        }
    }

    let tasks = services.tasks();
    all.add_of_tasks("task_seconds", "Time of a run by task", |task| Some(shape(&tasks.of(task).times)));
    all.add_of_tasks("task_failures", "Runs that failed by task", |task| {
        Some(count(&tasks.of(task).failures))
    });
    all.add_of_tasks(
        "task_success_age_seconds",
        "Time since the beginning of the last good run by task",
        |task| Some(Value::Gauge(tasks.of(task).age().as_secs_f64())),
    );
    all
}

/// What the system tells of the process, under the names that Prometheus' own clients use; nothing where there is no
/// `/proc`.
pub(super) fn of_process() -> Readings {
    let mut all = Readings::default();
    #[cfg(target_os = "linux")]
    if let Err(error) = linux::read(&mut all) {
        tracing::debug!(%error, "the process cannot be read");
    }
    all
}

#[cfg(target_os = "linux")]
mod linux {
    use procfs::process::{LimitValue, Process};
    use procfs::{ProcResult, WithCurrentSystemInfo as _};

    use super::{Readings, Value, gauge};

    #[expect(clippy::cast_precision_loss, reason = "nobody asks a gauge for its sixteenth digit")]
    pub(super) fn read(all: &mut Readings) -> ProcResult<()> {
        let process = Process::myself()?;
        let stat = process.stat()?;
        let bytes = stat.rss_bytes().get();
        all.add("process_resident_memory_bytes", "Resident memory", Value::Gauge(bytes as f64));
        all.add("process_open_fds", "Open files and connections", gauge(process.fd_count()?));
        if let LimitValue::Value(most) = process.limits()?.max_open_files.soft_limit {
            all.add("process_max_fds", "Files and connections that may be open", Value::Gauge(most as f64));
        }
        let ticks = (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64;
        all.add("process_cpu_seconds", "Processor time, of the system too", Value::Seconds(ticks));
        all.add("process_threads", "Threads", Value::Gauge(stat.num_threads as f64));
        let start =
            procfs::boot_time_secs()? as f64 + stat.starttime as f64 / procfs::ticks_per_second() as f64;
        all.add("process_start_time_seconds", "When the process began, in Unix time", Value::Gauge(start));
        Ok(())
    }
}
