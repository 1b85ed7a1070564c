//! The runtime's clock, as a port.

use std::time::Duration;

use domain::ports::Clock;
use tokio::time::{Instant, sleep_until};

/// Tokio's clock: the host's monotonic one, or a paused one in tests.
#[derive(Debug, Clone, Copy)]
pub struct TokioClock {
    origin: Instant,
}

impl TokioClock {
    /// A clock that counts from now.
    #[must_use]
    pub fn start() -> Self {
        Self { origin: Instant::now() }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    async fn sleep_until(&self, time: Duration) {
        sleep_until(self.origin + time).await;
    }
}
