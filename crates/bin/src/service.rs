//! The service of a user that starts lmsync at login: a systemd user unit, a launchd agent, a Windows scheduled task.
//!
//! What is written and run is a plan, made of values alone; only `carry_out` and `host` know the running system.

mod carry_out;
mod host;
mod launchd;
mod layout;
mod plan;
mod status;
mod systemd;
mod task;

pub(crate) use carry_out::{carry_out, describe, show};
pub(crate) use host::{find_layout, other_system_service, refuse_sudo, require_session};
pub(crate) use layout::{Layout, Manager, NAME};
pub(crate) use plan::{defined_at, install, is_installed, log_command, uninstall};
pub(crate) use status::{Status, await_start, read_status};
