//! The commands, a file each.

pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod config_target;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod healthcheck;
pub(crate) mod man;
pub(crate) mod models;
pub(crate) mod relay;
pub(crate) mod remove;
pub(crate) mod run;
pub(crate) mod service;
pub(crate) mod simulator;
pub(crate) mod status;
pub(crate) mod sync;
