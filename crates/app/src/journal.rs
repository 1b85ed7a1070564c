//! The journal: what a person who greps the log for `lmstudio` or `refresh` gets to read. Each change of
//! state is told once, not once a pass.

use std::error::Error;
use std::fmt;
use std::mem;
use std::time::Duration;

use domain::ports::{Failure, SourceError, StoreError};
use domain::{Activity, Diff, ModelId};
use tracing::{debug, info, warn};

use crate::{Outcome, PassError, Report};

/// How many ids of one kind a line names before it counts the rest.
const NAMED_IDS: usize = 50;

/// Remembers what was told last.
#[derive(Debug, Default)]
pub struct Journal {
    server: Server,
    file_fails: Option<&'static str>,
    list_is_empty: bool,
    skipped: usize,
    pause: Option<Pause>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Server {
    #[default]
    Unknown,
    Answers,
    Fails(&'static str),
}

#[derive(Debug)]
struct Pause {
    since: Duration,
    skipped: u64,
}

impl Journal {
    /// Tells what a pass came to.
    pub fn pass(&mut self, result: &Result<Report, PassError>) {
        match result {
            Ok(report) => {
                self.server_answers(report.ids.len());
                self.skipped(report.skipped);
                self.outcome(report);
                if self.file_fails.take().is_some() {
                    info!("the lmstudio model list can be written again");
                }
            }
            Err(PassError::Source(error)) => self.server_fails(error),
            Err(PassError::Store(error)) => self.file_fails(error),
        }
    }

    /// Tells that inference runs, so that nothing is asked now. `now` is the clock's time.
    pub fn paused(&mut self, activity: &Activity, now: Duration) {
        let Activity::Busy { source, reason } = activity else { return };
        if self.pause.is_none() {
            info!(source = source.as_str(), %reason, "lmstudio refresh paused while inference runs");
            self.pause = Some(Pause { since: now, skipped: 0 });
        }
    }

    /// Notes that a pass was due during a pause.
    pub fn skipped_pass(&mut self) {
        if let Some(pause) = &mut self.pause {
            pause.skipped += 1;
        }
    }

    /// Tells that inference has ended, if it ran.
    pub fn resumed(&mut self, now: Duration) {
        if let Some(pause) = self.pause.take() {
            let seconds = now.saturating_sub(pause.since).as_secs_f64();
            info!(paused_seconds = seconds, skipped_passes = pause.skipped, "lmstudio refresh resumed");
        }
    }

    /// Tells that a pass is made although inference runs, because it has waited as long as it may.
    pub fn impatient(&mut self) {
        if self.pause.take().is_some() {
            warn!("lmstudio refresh goes on while inference runs: LMSYNC_MAX_PAUSE is over");
        }
    }

    fn server_answers(&mut self, models: usize) {
        match mem::replace(&mut self.server, Server::Answers) {
            Server::Unknown => info!(models, "lmstudio answers"),
            Server::Fails(_) => info!(models, "lmstudio answers again"),
            Server::Answers => debug!(models, "lmstudio answers"),
        }
    }

    fn server_fails(&mut self, error: &SourceError) {
        let (kind, advice) = kind_and_advice(error);
        if self.server == Server::Fails(kind) {
            debug!(error = %Chain(error), "lmstudio still does not list its models");
            return;
        }
        self.server = Server::Fails(kind);
        warn!(error = %Chain(error), advice, "lmstudio does not list its models; what is known stays");
    }

    fn file_fails(&mut self, error: &StoreError) {
        let kind = match error {
            StoreError::Unreadable { .. } => "unreadable",
            StoreError::Malformed { .. } => "malformed",
            StoreError::Refused { .. } => "refused",
            StoreError::Changed { .. } => "changed",
            StoreError::Unwritable { .. } => "unwritable",
            StoreError::NotDurable { .. } => "not durable",
        };
        if self.file_fails.replace(kind) == Some(kind) {
            debug!(error = %Chain(error), "the lmstudio model list still cannot be updated");
        } else {
            warn!(error = %Chain(error), "the lmstudio model list cannot be updated; trying again");
        }
    }

    fn skipped(&mut self, skipped: usize) {
        if mem::replace(&mut self.skipped, skipped) != skipped && skipped > 0 {
            warn!(skipped, "lmstudio lists entries without a usable id; they are left out");
        }
    }

    fn outcome(&mut self, report: &Report) {
        let was_empty = mem::replace(&mut self.list_is_empty, false);
        match &report.outcome {
            Outcome::Unchanged => debug!(models = report.ids.len(), "lmstudio models unchanged"),
            Outcome::Updated(plan) => refreshed(report.ids.len(), &plan.diff),
            Outcome::KeptOnEmpty { known } => {
                self.list_is_empty = true;
                if !was_empty {
                    let advice = "is a model downloaded, and just-in-time loading on?";
                    warn!(known, advice, "lmstudio lists no model; what is known stays");
                }
            }
        }
    }
}

fn refreshed(models: usize, diff: &Diff) {
    let added = Ids::of(diff.added.iter().map(|model| &model.id));
    let changed = Ids::of(diff.changed.iter().map(|changed| &changed.after.id));
    let removed = Ids::of(diff.removed.iter());
    info!(models, %added, %changed, %removed, "lmstudio models refreshed");
}

/// Ids in a log line: all of a few, the first of many.
struct Ids(String);

impl Ids {
    fn of<'a>(ids: impl ExactSizeIterator<Item = &'a ModelId>) -> Self {
        let count = ids.len();
        let named: Vec<&str> = ids.take(NAMED_IDS).map(ModelId::as_str).collect();
        let rest = count - named.len();
        let and = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        Self(format!("{count} [{}{and}]", named.join(", ")))
    }
}

impl fmt::Display for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a person can do about a server that does not list its models.
#[must_use]
pub fn advice(error: &SourceError) -> &'static str {
    kind_and_advice(error).1
}

fn kind_and_advice(error: &SourceError) -> (&'static str, &'static str) {
    match error {
        SourceError::Unreachable { failure: Failure::Refused, .. } => (
            "refused",
            "is LM Studio's server started (Developer > Start server, or `lms server start`)? Seen from a container it \
             must listen on 0.0.0.0 (`lms server start --bind 0.0.0.0`), and the service needs `extra_hosts: \
             host.docker.internal:host-gateway`",
        ),
        SourceError::Unreachable { failure: Failure::Unresolved, .. } => (
            "unresolved",
            "the host's name is not known here: in compose add `extra_hosts: host.docker.internal:host-gateway`; on the \
             host itself set OPENAI_API_BASE=http://localhost:1234/v1",
        ),
        SourceError::Unreachable { failure: Failure::Tls, .. } => (
            "tls",
            "the certificate is not trusted: set SSL_CERT_FILE to the authority's certificate, or use http://",
        ),
        SourceError::Unreachable { failure: Failure::Other, .. } => {
            ("unreachable", "is the address in OPENAI_API_BASE right, and the server running?")
        }
        SourceError::TimedOut { .. } => (
            "timed out",
            "is the address right, and the server not overloaded? LMSYNC_TIMEOUT allows it more time",
        ),
        SourceError::Unauthorized { .. } => (
            "unauthorized",
            "set OPENAI_API_KEY to an API token of this server (LM Studio: Developer > Server settings)",
        ),
        SourceError::Malformed { .. } => (
            "malformed",
            "does OPENAI_API_BASE point to LM Studio, or another server with an OpenAI-compatible /v1/models?",
        ),
    }
}

/// An error with all its sources, `outer: inner: innermost`.
pub struct Chain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}
