//! The metrics, as Prometheus reads them. Nothing is labelled by model: servers list as many as they like.

mod registered;

use std::time::{Duration, SystemTime};

use app::{Event, GatewayLink, Pass, PassOutcome, Status};
use domain::{BusySource, SyncState};
use prometheus::{
    CounterVec, Gauge, GaugeVec, Histogram, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

use self::registered::{histogram, keep, opts, raise, unix_time};

/// Who may be seen to run inference.
const SOURCES: [BusySource; 4] =
    [BusySource::Gateway, BusySource::GatewayHttp, BusySource::SessionLocks, BusySource::LmStudio];

/// The metrics. Durations are observed as their events come; the rest is set at each request.
pub(super) struct Metrics {
    registry: Registry,
    passes: IntCounterVec,
    pass_seconds: Histogram,
    last_success: GaugeVec,
    last_change: GaugeVec,
    model_changes: IntCounterVec,
    started: Gauge,
    visible: IntGaugeVec,
    gateway_up: IntGauge,
    gateway_info: IntGaugeVec,
    pauses: IntCounter,
    models: IntGaugeVec,
    up: IntGaugeVec,
    answer_seconds: GaugeVec,
    server_errors: IntCounterVec,
    in_sync: IntGauge,
    state: IntGaugeVec,
    writes: IntCounter,
    paused: IntGauge,
    pause_seconds: CounterVec,
    asked: IntCounterVec,
    refresh_seconds: Histogram,
}

impl Metrics {
    pub(super) fn new(interval: Duration) -> Self {
        let registry = Registry::new();
        let metrics = Self {
            passes: keep(&registry, IntCounterVec::new(opts("passes_total", "Sync passes, by outcome."), &["outcome"])),
            pass_seconds: keep(
                &registry,
                histogram(
                    "pass_duration_seconds",
                    "How long a pass took.",
                    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0],
                ),
            ),
            last_success: keep(
                &registry,
                GaugeVec::new(
                    opts(
                        "last_success_timestamp_seconds",
                        "When a pass last ended with this server answering and all its files true, as Unix time; the \
                         start where none has.",
                    ),
                    &["provider"],
                ),
            ),
            last_change: keep(
                &registry,
                GaugeVec::new(
                    opts("last_change_timestamp_seconds", "When a change was last written, as Unix time."),
                    &["provider"],
                ),
            ),
            model_changes: keep(
                &registry,
                IntCounterVec::new(
                    opts("model_changes_total", "Models that were added, changed or removed."),
                    &["provider", "change"],
                ),
            ),
            started: keep(
                &registry,
                // The name that Prometheus gives it, for dashboards that know no other.
                Gauge::with_opts(Opts::new("process_start_time_seconds", "When lmsync started, as Unix time.")),
            ),
            visible: keep(
                &registry,
                IntGaugeVec::new(
                    opts("models_visible", "Models that OpenClaw's picker shows, where it can be asked."),
                    &["provider"],
                ),
            ),
            gateway_up: keep(
                &registry,
                IntGauge::with_opts(opts("gateway_up", "Whether lmsync has a connection to OpenClaw's gateway.")),
            ),
            gateway_info: keep(
                &registry,
                IntGaugeVec::new(
                    opts("gateway_info", "The version of OpenClaw's gateway, where lmsync has a connection to it."),
                    &["version"],
                ),
            ),
            pauses: keep(
                &registry,
                IntCounter::with_opts(opts("pauses_total", "How often inference has kept a pass waiting.")),
            ),
            models: keep(
                &registry,
                IntGaugeVec::new(
                    opts("models", "Models, by what becomes of them: offered, left_out or held."),
                    &["provider", "state"],
                ),
            ),
            up: keep(
                &registry,
                IntGaugeVec::new(opts("server_up", "Whether the server lists its models."), &["provider"]),
            ),
            answer_seconds: keep(
                &registry,
                GaugeVec::new(
                    opts("server_answer_seconds", "How long the server's last list took to come."),
                    &["provider"],
                ),
            ),
            server_errors: keep(
                &registry,
                IntCounterVec::new(
                    opts("server_errors_total", "Passes in which the server did not list its models, by kind."),
                    &["provider", "kind"],
                ),
            ),
            in_sync: keep(
                &registry,
                IntGauge::with_opts(opts(
                    "in_sync",
                    "Whether every server lists models, every file has them and OpenClaw's picker shows them.",
                )),
            ),
            state: keep(
                &registry,
                IntGaugeVec::new(opts("state", "1 for the state that holds, 0 for every other."), &["state"]),
            ),
            writes: keep(&registry, IntCounter::with_opts(opts("writes_total", "Model lists written."))),
            paused: keep(
                &registry,
                IntGauge::with_opts(opts("paused", "Whether inference keeps the next pass waiting.")),
            ),
            pause_seconds: keep(
                &registry,
                CounterVec::new(
                    opts("pause_seconds_total", "Time that inference has kept passes waiting, by who saw it."),
                    &["source"],
                ),
            ),
            asked: keep(
                &registry,
                IntCounterVec::new(
                    opts(
                        "picker_refreshes_total",
                        "How often OpenClaw's picker was refreshed, by whether it showed all models.",
                    ),
                    &["result"],
                ),
            ),
            refresh_seconds: keep(
                &registry,
                histogram(
                    "change_to_picker_seconds",
                    "From the server's answer with a change until OpenClaw's picker showed it.",
                    &[0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0],
                ),
            ),
            registry,
        };
        let info =
            keep(&metrics.registry, IntGaugeVec::new(opts("build_info", "The program's version."), &["version"]));
        info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        let pace = keep(
            &metrics.registry,
            Gauge::with_opts(opts("interval_seconds", "From the start of one pass to the start of the next.")),
        );
        pace.set(interval.as_secs_f64());
        metrics
    }

    /// Observes what is not kept elsewhere.
    pub(super) fn record(&self, event: &Event) {
        match event {
            Event::Passed(pass) => self.passed(pass),
            Event::Asked(answer) => {
                let shows = answer.result.as_ref().is_ok_and(domain::ports::Shown::is_as_expected);
                if shows {
                    self.refresh_seconds.observe(answer.since_listed.as_secs_f64());
                }
            }
            _ => {}
        }
    }

    fn passed(&self, pass: &Pass) {
        self.pass_seconds.observe(pass.ended.saturating_sub(pass.began).as_secs_f64());
        let now = unix_time(SystemTime::now());
        for server in &pass.servers {
            let provider = server.provider.as_str();
            let found = match &server.result {
                Ok(found) => found,
                Err(trouble) => {
                    self.server_errors.with_label_values(&[provider, trouble.kind]).inc();
                    continue;
                }
            };
            if found.files.iter().all(|file| file.result.is_ok()) {
                self.last_success.with_label_values(&[provider]).set(now);
            }
            let Some(written) = &found.written else { continue };
            self.last_change.with_label_values(&[provider]).set(now);
            let changes = [("added", &written.added), ("changed", &written.changed), ("removed", &written.removed)];
            for (change, ids) in changes {
                // A usize has no more bits than an u64 here.
                self.model_changes.with_label_values(&[provider, change]).inc_by(ids.len() as u64);
            }
        }
    }

    /// All metrics as text.
    pub(super) fn text(&self, status: &Status, gateway: Option<&str>, now: Duration, patience: Duration) -> String {
        self.set(status, now, patience);
        self.gateway_info.reset();
        if let (Some(version), GatewayLink::Open) = (gateway, &status.openclaw.link) {
            self.gateway_info.with_label_values(&[version]).set(1);
        }
        // Only metrics without a name or a value cannot be encoded.
        TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap_or_default()
    }

    fn set(&self, status: &Status, now: Duration, patience: Duration) {
        let counters = &status.counters;
        for outcome in PassOutcome::ALL {
            let count = counters.passes.get(&outcome).copied().unwrap_or(0);
            raise(&self.passes.with_label_values(&[outcome.as_str()]), count);
        }
        let started = unix_time(status.started.wall);
        self.started.set(started);
        self.gateway_up.set(matches!(status.openclaw.link, GatewayLink::Open).into());
        raise(&self.pauses, counters.pauses);
        self.models.reset();
        self.visible.reset();
        self.up.reset();
        self.answer_seconds.reset();
        for server in &status.servers {
            let provider = server.provider.as_str();
            self.up.with_label_values(&[provider]).set(server.trouble.is_none().into());
            let last_success = self.last_success.with_label_values(&[provider]);
            last_success.set(last_success.get().max(started));
            let shown = server.picker.as_ref().and_then(|picker| picker.result.as_ref().ok());
            if let Some(shown) = shown {
                self.visible.with_label_values(&[provider]).set(i64::try_from(shown.models).unwrap_or(i64::MAX));
            }
            let Some(found) = &server.found else { continue };
            self.answer_seconds.with_label_values(&[provider]).set(found.answered_in.as_secs_f64());
            let counts =
                [("offered", found.offered.len()), ("left_out", found.left_out.len()), ("held", found.held.len())];
            for (state, count) in counts {
                self.models.with_label_values(&[provider, state]).set(i64::try_from(count).unwrap_or(i64::MAX));
            }
        }
        let holds = status.assess(now, patience).state;
        self.in_sync.set((holds == SyncState::InSync).into());
        for state in SyncState::ALL {
            self.state.with_label_values(&[state.as_str()]).set((holds == state).into());
        }
        raise(&self.writes, counters.writes);
        self.paused.set(status.pause.is_some().into());
        let paused = status.paused_until(now);
        for source in SOURCES {
            let time = paused.get(&source).copied().unwrap_or_default();
            let counter = self.pause_seconds.with_label_values(&[source.as_str()]);
            counter.inc_by((time.as_secs_f64() - counter.get()).max(0.0));
        }
        for (result, count) in [("shown", counters.picker_shown), ("failed", counters.picker_failed)] {
            raise(&self.asked.with_label_values(&[result]), count);
        }
    }
}
