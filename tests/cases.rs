//! Answers of servers as people really have them: what becomes of each in models.json, over real HTTP.
#![allow(clippy::unwrap_used, reason = "a suite fails by panicking")]

#[path = "cases/folder.rs"]
mod folder;
#[path = "cases/incomplete.rs"]
mod incomplete;
#[path = "cases/stated.rs"]
mod stated;
mod support;
