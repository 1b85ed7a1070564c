//! Retry: how long a gateway that failed is left alone.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::error::{Failure, RpcError};

const FIRST: Duration = Duration::from_secs(1);

/// Between two attempts on a gateway that misbehaves or wants a person.
const LONGEST: Duration = Duration::from_secs(60);

/// The pause after failures in a row: 1 s, doubled each time.
#[derive(Default)]
pub(super) struct Retry {
    last: Option<(Failure, Duration, Instant)>,
}

impl Retry {
    /// The failure to return again while the pause lasts.
    pub(super) fn pausing(&self, now: Instant) -> Option<Failure> {
        self.last.as_ref().filter(|(_, _, until)| now < *until).map(|(failure, ..)| Arc::clone(failure))
    }

    /// Begins a pause.
    pub(super) fn after(&mut self, failure: &Failure, now: Instant) {
        let before = self.last.as_ref().map_or(Duration::ZERO, |(_, pause, _)| *pause);
        let longest = match **failure {
            // No gateway is there yet. Another attempt costs less than the pass that asks for it, and a gateway that
            // has just started should be noticed at once.
            RpcError::Starting | RpcError::Connect(_) | RpcError::Stopped | RpcError::NoRelay(_) => FIRST,
            _ => LONGEST,
        };
        let pause = if failure.needs_a_person() { LONGEST } else { (before * 2).clamp(FIRST, longest) };
        self.last = Some((Arc::clone(failure), pause, now + pause));
    }

    /// Forgets failures, since the gateway has answered.
    pub(super) fn reset(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_client::ExchangeError;

    fn pauses(failure: RpcError, attempts: usize) -> Vec<u64> {
        let (mut retry, mut now, failure) = (Retry::default(), Instant::now(), Arc::new(failure));
        (0..attempts)
            .map(|_| {
                retry.after(&failure, now);
                let mut seconds = 0;
                while retry.pausing(now).is_some() {
                    now += Duration::from_secs(1);
                    seconds += 1;
                }
                seconds
            })
            .collect()
    }

    #[test]
    fn pauses_double_up_to_a_minute() {
        assert_eq!(pauses(RpcError::Closed, 8), [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn a_gateway_that_is_not_there_yet_is_noticed_at_once() {
        let refused = ExchangeError::Connect {
            address: ([127, 0, 0, 1], 1).into(),
            source: std::io::ErrorKind::ConnectionRefused.into(),
        };
        assert_eq!(pauses(RpcError::Connect(refused), 3), [1, 1, 1]);
        assert_eq!(pauses(RpcError::Starting, 3), [1, 1, 1]);
    }

    #[test]
    fn a_refused_token_is_not_hammered() {
        assert_eq!(pauses(RpcError::TokenRefused, 2), [60, 60]);
    }
}
