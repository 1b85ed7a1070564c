//! `lmsync relay`: lets an lmsync in another container reach a gateway as from the gateway's own machine.
//!
//! OpenClaw grants the right to read only to clients on its loopback. A relay runs in the gateway's container, and
//! passes on what comes through a Unix socket on a volume that it shares with lmsync. It needs no care: it ends with
//! that container, whose health check starts it (`--start`) each time the container runs again.

use std::fs;
use std::io::{self, ErrorKind};
use std::net::Ipv4Addr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use adapters_http::relay::{Reply, read_port};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::task::LocalSet;
use tokio::time::{sleep, timeout};

use super::signals::asked_to_stop;
use crate::exit::Exit;
use crate::output;

/// How long a client may take to say what it wants, the gateway to take a connection, and a relay to start.
const PROMPT: Duration = Duration::from_secs(2);

/// Passes connections on until the process is asked to stop.
///
/// # Errors
/// A socket that cannot be made: exit 73.
pub(crate) async fn relay(socket: &Path) -> Result<(), Exit> {
    let stop = asked_to_stop().map_err(|error| Exit::bug("failed to listen to signals", error))?;
    let listener =
        listen(socket).map_err(|error| Exit::io(&format!("failed to listen on {}", socket.display()), &error))?;
    let serving = LocalSet::new();
    let serve = serving.run_until(async {
        loop {
            let Ok((client, _)) = listener.accept().await else {
                // Too many open files: those that are served will end.
                sleep(PROMPT).await;
                continue;
            };
            // A client that hangs up needs no message.
            drop(tokio::task::spawn_local(async move { answer(client).await.ok() }));
        }
    });
    tokio::select! {
        () = serve => {}
        () = stop => {}
    }
    Ok(())
}

/// Starts a relay in the background where none serves at that socket.
///
/// # Errors
/// Exit 1 where it cannot be started, or does not serve soon.
pub(crate) async fn start_relay(socket: &Path) -> Result<(), Exit> {
    if serves(socket).await {
        return output::print("a relay serves already\n");
    }
    spawn(socket).map_err(|error| Exit::failure(format!("failed to start the relay: {error}")))?;
    let served = timeout(PROMPT, async {
        while !serves(socket).await {
            sleep(Duration::from_millis(20)).await;
        }
    });
    let late = |_| Exit::failure(format!("no relay serves at {}", socket.display()));
    served.await.map_err(late)?;
    output::print("a relay serves now\n")
}

async fn serves(socket: &Path) -> bool {
    UnixStream::connect(socket).await.is_ok()
}

/// The relay outlives this process, so it keeps none of its streams: Docker waits until a health check closes them.
fn spawn(socket: &Path) -> io::Result<()> {
    let mut relay = Command::new(std::env::current_exe()?);
    relay.arg("relay").arg(socket).current_dir("/").process_group(0);
    relay.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    relay.spawn().map(drop)
}

fn listen(socket: &Path) -> io::Result<UnixListener> {
    match fs::symlink_metadata(socket) {
        // Left behind by a relay that was killed; nothing else is removed.
        Ok(found) if found.file_type().is_socket() => fs::remove_file(socket)?,
        Ok(_) => return Err(ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let listener = UnixListener::bind(socket)?;
    // The volume is the two containers' own; both may run as any user.
    fs::set_permissions(socket, fs::Permissions::from_mode(0o666))?;
    Ok(listener)
}

async fn answer(mut client: UnixStream) -> io::Result<()> {
    let port = timeout(PROMPT, read_port(&mut client)).await??;
    let connecting = timeout(PROMPT, TcpStream::connect((Ipv4Addr::LOCALHOST, port))).await;
    let Ok(Ok(mut gateway)) = connecting else { return Reply::Refused.write(&mut client).await };
    let _ = gateway.set_nodelay(true);
    Reply::Open.write(&mut client).await?;
    copy_bidirectional(&mut client, &mut gateway).await.map(drop)
}
