//! How a metric is made, registered and kept in step with what was counted elsewhere.

use std::time::{SystemTime, UNIX_EPOCH};

use prometheus::core::Collector;
use prometheus::{HistogramOpts, IntCounter, Opts, Registry};

pub(super) fn unix_time(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// Brings a counter up to what was counted elsewhere.
pub(super) fn raise(counter: &IntCounter, count: u64) {
    counter.inc_by(count.saturating_sub(counter.get()));
}

pub(super) fn opts(name: &str, help: &str) -> Opts {
    Opts::new(name, help).namespace("lmsync")
}

pub(super) fn histogram(name: &str, help: &str, buckets: &[f64]) -> prometheus::Result<prometheus::Histogram> {
    prometheus::Histogram::with_opts(HistogramOpts::from(opts(name, help)).buckets(buckets.to_vec()))
}

/// Registers a metric. That it is one is held by a test: names and labels are all in this file.
#[allow(clippy::expect_used, reason = "every name and label is a literal above")]
pub(super) fn keep<M: Collector + Clone + 'static>(registry: &Registry, metric: prometheus::Result<M>) -> M {
    let metric = metric.expect("a metric's name and labels are well-formed");
    registry.register(Box::new(metric.clone())).expect("a metric's name is its own");
    metric
}
