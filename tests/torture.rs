//! What befalls a program that writes where another one reads: each part tries to break one promise of docs/GUARANTEES.md.
//! `cargo xtask test` runs all of it briefly, `cargo xtask torture` at full count.
#![allow(clippy::unwrap_used, reason = "a suite fails by panicking")]

#[path = "torture/chance.rs"]
mod chance;
#[path = "torture/crash.rs"]
mod crash;
#[path = "torture/faults.rs"]
mod faults;
#[path = "torture/foreign.rs"]
mod foreign;
#[path = "torture/gateways.rs"]
mod gateways;
#[path = "torture/host.rs"]
mod host;
#[path = "torture/pause.rs"]
mod pause;
#[path = "torture/reader.rs"]
mod reader;
#[path = "torture/soak.rs"]
mod soak;
mod support;
#[path = "torture/writers.rs"]
mod writers;
