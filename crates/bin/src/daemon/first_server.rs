//! The first server as it comes and goes: how often in a row it did not answer, and its own word on whether it is
//! working.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use adapters_http::LmStudioActivity;
use app::Pass;
use domain::Activity;
use domain::ports::{ActivityError, ActivitySource};

/// What is known of the server that is asked first. Another one may take its place.
#[derive(Default)]
pub(crate) struct FirstServer {
    /// None where it cannot be LM Studio.
    activity_source: Mutex<Option<LmStudioActivity>>,
    misses: AtomicU32,
}

impl FirstServer {
    /// Asks this activity source from now on.
    pub(crate) fn follow(&self, activity_source: Option<LmStudioActivity>) {
        *self.activity_source.lock().unwrap_or_else(PoisonError::into_inner) = activity_source;
        self.misses.store(0, Ordering::Relaxed);
    }

    /// Counts the passes in a row in which it did not list its models.
    pub(crate) fn count(&self, pass: &Pass) {
        let has_answered = pass.servers.first().is_some_and(|first| first.result.is_ok());
        self.misses.store(if has_answered { 0 } else { self.misses().saturating_add(1) }, Ordering::Relaxed);
    }

    /// In how many passes in a row it did not list its models.
    pub(crate) fn misses(&self) -> u32 {
        self.misses.load(Ordering::Relaxed)
    }
}

impl ActivitySource for FirstServer {
    async fn activity(&self) -> Result<Activity, ActivityError> {
        let activity_source = self.activity_source.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match activity_source {
            Some(activity_source) => activity_source.activity().await,
            None => Ok(Activity::Idle),
        }
    }
}
