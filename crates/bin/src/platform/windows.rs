//! Windows, which has users without numbers, and lists of rights instead of permission bits.

use std::ffi::OsString;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::path::Path;

use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_logoff, ctrl_shutdown};

use crate::exit::Exit;

/// Ends when the process is asked to stop: by Ctrl-C or Ctrl-Break, by closing its console, and by the end of the
/// session or the machine.
///
/// # Errors
/// Where signals cannot be listened to.
pub(crate) fn asked_to_stop() -> io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut interrupt_group) = (ctrl_c()?, ctrl_break()?);
    let (mut close, mut log_off, mut shut_down) = (ctrl_close()?, ctrl_logoff()?, ctrl_shutdown()?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = interrupt_group.recv() => {}
            _ = close.recv() => {}
            _ = log_off.recv() => {}
            _ = shut_down.recv() => {}
        }
    })
}

/// Not possible.
///
/// # Errors
/// Always: exit 64.
pub(crate) async fn relay(_: &Path) -> Result<(), Exit> {
    Err(no_relay())
}

/// Not possible.
///
/// # Errors
/// Always: exit 64.
pub(crate) async fn start_relay(_: &Path) -> Result<(), Exit> {
    Err(no_relay())
}

fn no_relay() -> Exit {
    let why = "a relay serves a gateway in a Linux container; on Windows lmsync reaches the gateway without one";
    Exit::usage(why.to_owned())
}

/// Whether an error says that nobody reads any more what is printed.
pub(crate) fn is_closed_pipe(error: &io::Error) -> bool {
    /// What Windows answers for a pipe whose other end was closed before it was read (`winerror.h`).
    const ERROR_PIPE_NOT_CONNECTED: i32 = 233;
    error.kind() == ErrorKind::BrokenPipe || error.raw_os_error() == Some(ERROR_PIPE_NOT_CONNECTED)
}

/// The variables of this process. Windows does not tell `Path` from `PATH`; the names are in capitals.
pub(crate) fn environment() -> Vec<(OsString, OsString)> {
    std::env::vars_os().map(|(name, value)| (name.to_ascii_uppercase(), value)).collect()
}

/// Not known.
pub(crate) fn user_id() -> Option<u32> {
    None
}

/// Not possible.
pub(crate) fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

/// Not possible.
pub(crate) fn set_owner(_: &Path, _: u32, _: u32) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}
