//! What this program asks of the operating system that each system answers in its own way. Elsewhere in this crate
//! nothing depends on the system at compile time.
//!
//! Each function has the same contract on every system. Where a system has no such thing, it says so: `None`, or
//! [`std::io::ErrorKind::Unsupported`].

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use self::unix::{
    asked_to_stop, environment, is_closed_pipe, relay, set_mode, set_owner, start_relay, user_id,
};
#[cfg(windows)]
pub(crate) use self::windows::{
    asked_to_stop, environment, is_closed_pipe, relay, set_mode, set_owner, start_relay, user_id,
};
