//! The end-to-end suites, in one crate, so that what they share is compiled once. `cargo xtask test NAME` runs one of
//! them.
#![allow(clippy::unwrap_used, reason = "a suite fails by panicking")]

mod disk;
mod docker;
mod doctor_host;
mod e2e_agents;
mod e2e_config;
mod e2e_doctor;
mod e2e_gateway_newest;
mod e2e_gateway_oldest;
mod e2e_gateway_trouble;
mod e2e_metadata;
mod e2e_registries;
mod e2e_servers;
mod harness;
mod hostile;
mod hosts;
mod images;
mod installers;
mod kubernetes;
mod matrix;
mod metrics;
mod packages;
mod page;
mod pictures;
mod plugin;
mod service;
mod states;
mod strace;
mod support;
mod systemd;
mod torture;
mod windows;
mod workflows;
