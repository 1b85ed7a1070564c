//! The sources of activity, asked together: busy when any of them says so.

use std::sync::Mutex;

use domain::Activity;
use domain::ports::{ActivityError, ActivitySource};
use tracing::{debug, info, warn};

use domain::Chain;

/// The gateway, OpenClaw's session locks and the model server. One that is switched off is `None`.
///
/// A source that cannot answer counts as idle, and is logged once.
#[derive(Debug, Default)]
pub struct ActivitySources<G, L, S> {
    gateway: Option<G>,
    locks: Option<L>,
    server: Option<S>,
    logged: Mutex<[Logged; 3]>,
}

/// What the log knows of an activity source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Logged {
    #[default]
    Nothing,
    Absent,
    Failing,
}

impl<G, L, S> ActivitySources<G, L, S> {
    /// Takes the activity sources.
    pub fn new(gateway: Option<G>, locks: Option<L>, server: Option<S>) -> Self {
        Self { gateway, locks, server, logged: Mutex::default() }
    }

    /// What one activity source says, `None` for nothing. Logs a failure that is new.
    fn log_failure(&self, index: usize, answer: Option<Result<Activity, ActivityError>>) -> Option<Activity> {
        let answer = answer?;
        let source = SOURCES[index];
        let state = match &answer {
            Ok(_) => Logged::Nothing,
            Err(ActivityError::Absent { .. }) => Logged::Absent,
            Err(ActivityError::Unsupported { .. } | ActivityError::Failed { .. }) => Logged::Failing,
        };
        // A poisoned lock would mean a panic between two plain assignments.
        let before =
            self.logged.lock().map(|mut logged| std::mem::replace(&mut logged[index], state)).unwrap_or_default();
        match answer {
            Ok(activity) => {
                if before == Logged::Failing {
                    info!(
                        name: "activity_known_again",
                        source,
                        "refresh: the source {source} says again whether inference runs"
                    );
                }
                Some(activity)
            }
            Err(error) => {
                let error = Chain(&error).to_string();
                match state {
                    _ if state == before => {
                        debug!(%error, "the source {source} still cannot say whether inference runs")
                    }
                    Logged::Failing => {
                        warn!(
                            name: "activity_unknown", source, error,
                            "refresh goes on: the source {source} cannot say whether inference runs"
                        );
                    }
                    _ => info!(
                        name: "activity_source_absent", source, error,
                        "refresh goes on: the source {source} is not there to say whether inference runs"
                    ),
                }
                None
            }
        }
    }
}

const SOURCES: [&str; 3] = ["gateway", "session-locks", "lmstudio"];

impl<G: ActivitySource, L: ActivitySource, S: ActivitySource> ActivitySource for ActivitySources<G, L, S> {
    async fn activity(&self) -> Result<Activity, ActivityError> {
        let (gateway, locks, server) = tokio::join!(ask(&self.gateway), ask(&self.locks), ask(&self.server));
        let heard =
            [gateway, locks, server].into_iter().enumerate().map(|(index, answer)| self.log_failure(index, answer));
        // All are asked first, so that each failure is logged; then the first that reports inference counts.
        let heard: Vec<_> = heard.collect();
        let busy = heard.into_iter().flatten().find(|activity| *activity != Activity::Idle);
        Ok(busy.unwrap_or(Activity::Idle))
    }
}

async fn ask<G: ActivitySource>(activity_source: &Option<G>) -> Option<Result<Activity, ActivityError>> {
    match activity_source {
        Some(activity_source) => Some(activity_source.activity().await),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use domain::BusySource;

    use super::*;
    use crate::fakes::Activities;

    fn says(answer: fn() -> Result<Activity, ActivityError>) -> Option<Activities> {
        let mut activity_source = Activities::new();
        activity_source.expect_activity().times(1).returning(answer);
        Some(activity_source)
    }

    fn busy(source: BusySource) -> Activity {
        Activity::Busy { source, reason: "1 running turn".into() }
    }

    fn failed() -> Result<Activity, ActivityError> {
        Err(ActivityError::Failed { activity_source: "the gateway".into(), cause: "closed".into() })
    }

    #[tokio::test]
    async fn one_busy_source_is_enough() {
        let locks = says(|| Ok(busy(BusySource::SessionLocks)));
        let activity_sources = ActivitySources::new(says(|| Ok(Activity::Idle)), locks, says(failed));
        assert_eq!(activity_sources.activity().await.unwrap(), busy(BusySource::SessionLocks));
    }

    #[tokio::test]
    async fn sources_that_fail_count_as_idle() {
        let activity_sources: ActivitySources<_, Activities, _> =
            ActivitySources::new(says(failed), None, says(|| Ok(Activity::Idle)));
        assert_eq!(activity_sources.activity().await.unwrap(), Activity::Idle);
    }
}
