//! The gateway adapter over real loopback connections, against a fake gateway that behaves like the versions
//! measured, and like none should.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, also in what its tests share")]

mod activity;
mod broken;
mod config;
mod fake;
mod picker;

use std::error::Error;
use std::time::Duration;

use domain::Secret;
use lmsync_adapters_http::{DeviceKey, Gateway, GatewayAccess, Tls};

use crate::fake::{FakeGateway, TOKEN};

/// The adapter, pointed at a fake gateway. Its timeout is short, so that tests of silence are.
fn gateway(fake: &FakeGateway) -> Gateway {
    gateway_within(fake, Duration::from_millis(500))
}

fn gateway_within(fake: &FakeGateway, timeout: Duration) -> Gateway {
    Gateway::new(GatewayAccess {
        url: fake.url(),
        token: Secret::new(TOKEN),
        password: None,
        device: Box::new(|| DeviceKey::from_seed(&[7; 32])),
        timeout,
        tls: Tls::new(None).unwrap(),
        relay: None,
    })
    .unwrap()
}

/// An error with all its causes, as a log would show it.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
