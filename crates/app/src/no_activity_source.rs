//! The activity source where there is none to ask.

use domain::Activity;
use domain::ports::{ActivityError, ActivitySource};

/// Nobody knows of any inference.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoActivitySource;

impl ActivitySource for NoActivitySource {
    async fn activity(&self) -> Result<Activity, ActivityError> {
        Ok(Activity::Idle)
    }
}
