//! `lmsync doctor` beside the real OpenClaw: its rules for models.json against the real registries, and what it finds
//! and mends at the real gateways of 2026.9.6 and 2026.2.12.
#![allow(clippy::unwrap_used, reason = "a suite fails by panicking")]

#[path = "e2e_doctor/acceptance.rs"]
mod acceptance;
#[path = "e2e_doctor/newest.rs"]
mod newest;
#[path = "e2e_doctor/oldest.rs"]
mod oldest;
mod support;
