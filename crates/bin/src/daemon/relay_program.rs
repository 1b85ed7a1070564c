//! Gives the gateway's container this program, for the health check there to start the relay with.

use std::fs;
use std::io;
use std::path::Path;

use domain::Chain;
use tokio::task::spawn_blocking;
use tracing::warn;

/// The program's name in the folder that the two containers share.
const NAME: &str = "lmsync";

/// Copies the running program beside the relay's socket. A failure is logged: only the way to the gateway depends on
/// it.
pub(crate) async fn provide(socket: &Path) {
    let program = socket.with_file_name(NAME);
    let shown = program.display().to_string();
    let copied = spawn_blocking(move || copy(&program)).await;
    if let Ok(Err(error)) = copied {
        warn!(
            name: "relay_fails", error = %Chain(&error),
            "cannot write lmsync's relay to {shown}: the list is kept, and the picker is not refreshed"
        );
    }
}

/// Whole or not at all: the health check may start it at any time.
fn copy(program: &Path) -> io::Result<()> {
    let temporary = program.with_extension("new");
    fs::copy(std::env::current_exe()?, &temporary)?;
    fs::rename(&temporary, program)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn the_program_is_beside_the_socket_and_can_be_run() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("relay.sock");
        for _ in 0..2 {
            provide(&socket).await;
            let names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(names, [NAME]);
            let given = fs::metadata(folder.path().join(NAME)).unwrap();
            assert_eq!(given.len(), fs::metadata(std::env::current_exe().unwrap()).unwrap().len());
            assert_eq!(given.permissions().mode() & 0o111, 0o111);
        }
    }
}
