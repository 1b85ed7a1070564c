//! The parts of the daemon that keep a state of their own, a file each. `commands::run` wires them.

pub(crate) mod activity;
pub(crate) mod first_server;
pub(crate) mod heartbeat;
pub(crate) mod hook;
pub(crate) mod listeners;
pub(crate) mod network;
pub(crate) mod openclaw_watch;
pub(crate) mod parent;
pub(crate) mod relay_program;
pub(crate) mod reload;
pub(crate) mod standby;
pub(crate) mod view;
