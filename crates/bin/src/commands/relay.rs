//! `lmsync relay`: lets lmsync reach a gateway as from the gateway's own machine, out of another container.
//!
//! OpenClaw lets nobody read who comes from another address than its loopback. A relay shares the network of the
//! gateway's container, and passes on what comes through a Unix socket on a volume that it shares with lmsync, so that
//! lmsync itself has a network of its own, which stays whatever becomes of the gateway's container.
//!
//! A container that starts again gets another network, and the relay is left in one without routes. Docker tries once
//! to start the relay again when it ends; so it ends when lmsync asks for it, which sees that the gateway runs.

use std::fs;
use std::io::{self, ErrorKind};
use std::net::Ipv4Addr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use adapters_http::relay::{Reply, Request, read_request};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::sync::Notify;
use tokio::task::LocalSet;
use tokio::time::timeout;
use tracing::{info, warn};

use crate::commands::run::asked_to_stop;
use crate::daemon::network::has_routes;
use crate::exit::Exit;
use crate::output;

/// How long a client may take to say what it wants, and the gateway to take a connection.
const PROMPT: Duration = Duration::from_secs(2);

/// Passes connections on until the process is asked to stop, or to join the gateway's network again.
///
/// # Errors
/// A socket that cannot be made: exit 73.
pub(crate) async fn relay(socket: &Path) -> Result<(), Exit> {
    let stop = asked_to_stop()?;
    let listener = listen(socket)
        .map_err(|error| Exit::io(&format!("failed to listen on {}", socket.display()), &error))?;
    info!(socket = %socket.display(), "lmsync relay: connections to the gateway are passed on");
    let rejoin = Rc::new(Notify::new());
    let serving = LocalSet::new();
    let serve = serving.run_until(async {
        loop {
            let Ok((client, _)) = listener.accept().await else {
                // Too many open files: those that are served will end.
                tokio::time::sleep(PROMPT).await;
                continue;
            };
            let rejoin = Rc::clone(&rejoin);
            drop(tokio::task::spawn_local(async move {
                // A client that hangs up needs no message.
                let _ = answer(client, &rejoin).await;
            }));
        }
    });
    tokio::select! {
        () = serve => {}
        () = stop => {}
        () = rejoin.notified() => {
            warn!("lmsync relay ends, to be started again in the network of the gateway that runs now");
        }
    }
    Ok(())
}

/// Says whether a relay serves there, and reaches the gateway's network: for Docker to ask.
///
/// # Errors
/// Exit 1, with one line that says what is waited for.
pub(crate) async fn check(socket: &Path) -> Result<(), Exit> {
    let asked = timeout(PROMPT, adapters_http::relay::ask(socket, Request::State)).await;
    match asked.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into())) {
        Ok((Reply::Open, _)) => output::print("healthy: the gateway's network is there\n"),
        Ok(_) => Err(Exit::unhealthy(
            "waiting for the gateway's container to run again: its network is gone, and lmsync joins the next one"
                .to_owned(),
        )),
        Err(error) => Err(Exit::unhealthy(format!("no relay serves at {}: {error}", socket.display()))),
    }
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

async fn answer(mut client: UnixStream, rejoin: &Notify) -> io::Result<()> {
    let request = timeout(PROMPT, read_request(&mut client)).await??;
    let is_cut_off = has_routes() == Some(false);
    match request {
        Request::State => Reply::from_presence(!is_cut_off).write(&mut client).await,
        Request::Rejoin if is_cut_off => {
            Reply::Open.write(&mut client).await?;
            rejoin.notify_one();
            Ok(())
        }
        Request::Rejoin => Reply::Refused.write(&mut client).await,
        Request::Connect(_) if is_cut_off => Reply::CutOff.write(&mut client).await,
        Request::Connect(port) => {
            let connecting = timeout(PROMPT, TcpStream::connect((Ipv4Addr::LOCALHOST, port))).await;
            let Ok(Ok(mut gateway)) = connecting else { return Reply::Refused.write(&mut client).await };
            let _ = gateway.set_nodelay(true);
            Reply::Open.write(&mut client).await?;
            copy_bidirectional(&mut client, &mut gateway).await.map(drop)
        }
    }
}

/// The settings of this command, which has no others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Relay {
    pub(crate) socket: PathBuf,
    /// Whether only to say if a relay serves there.
    pub(crate) check: bool,
}
