//! The suites that need nothing but cargo, in one crate, so that what they share is compiled once.
#![allow(clippy::unwrap_used, reason = "a suite fails by panicking")]

mod cases;
mod cli;
mod doctor;
mod documents;
mod golden;
mod in_sync;
mod log;
mod remove;
mod rules;
mod schemas;
mod standby;
mod state_folder;
mod support;
mod terminal;
