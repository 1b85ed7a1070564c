//! What the end-to-end suites share: the program itself and its real neighbours, each started in a folder of its
//! own, awaited by what it says, and ended with its test.
#![allow(dead_code, reason = "each of the two crates of suites uses its part")]

pub(crate) mod aimock;
pub(crate) mod answer_server;
pub(crate) mod chance;
pub(crate) mod daemon;
pub(crate) mod docker;
pub(crate) mod doctor;
#[path = "../crates/adapters-http/tests/gateway/fake.rs"]
pub(crate) mod fake;
pub(crate) mod foreign;
pub(crate) mod gateway;
pub(crate) mod http;
pub(crate) mod intensity;
pub(crate) mod list_server;
pub(crate) mod lmsync;
pub(crate) mod openclaw;
pub(crate) mod running;
pub(crate) mod scenarios;
pub(crate) mod schema;
pub(crate) mod studio;
pub(crate) mod world;

use std::fmt::Display;
use std::path::PathBuf;
use std::time::Duration;

/// Longer than anything here takes on a small, busy machine. Only a defect ever waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Prints a measured figure, beside what is aimed at on a quiet machine. Suites assert wider bounds than aims.
#[expect(clippy::print_stdout, reason = "figures are for a person who reads a suite's output")]
pub(crate) fn figure(what: &str, measured: impl Display, aim: &str) {
    println!("figure: {what}: {measured} (aim: {aim})");
}

/// Where `cargo xtask test` put a tool, by the variable that it says so with.
pub(crate) fn tool(variable: &str) -> PathBuf {
    given(variable).unwrap_or_else(|| panic!("{variable} is not set; run the suites with `cargo xtask test NAME`"))
}

#[expect(clippy::disallowed_methods, reason = "xtask hands over tools by the environment, read here alone")]
pub(crate) fn given(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from)
}
