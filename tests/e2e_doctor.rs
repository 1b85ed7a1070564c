//! `lmsync doctor` beside the real OpenClaw: its rules for models.json against the real registries, and what it finds
//! and mends at the real gateways of 2026.9.6 and 2026.2.12.

mod acceptance;
mod newest;
mod oldest;
