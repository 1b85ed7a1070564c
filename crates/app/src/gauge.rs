//! The activity source where there is none to ask.

use domain::Activity;
use domain::ports::{ActivityGauge, GaugeError};

/// Nobody knows of any inference.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoGauge;

impl ActivityGauge for NoGauge {
    async fn activity(&self) -> Result<Activity, GaugeError> {
        Ok(Activity::Idle)
    }
}
