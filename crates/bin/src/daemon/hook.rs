//! The hook: a command that a person wants to be run after each change.

use std::process::Stdio;
use std::time::Duration;

use app::{Change, ChangedIds};
use domain::{Chain, ModelId};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;
use tracing::{info, warn};

/// How long one run may take.
const LIMIT: Duration = Duration::from_secs(30);

/// Runs the command after each change, one run at a time; changes that come during a run share the next one. A failure
/// is a warning: the models are written all the same.
pub(crate) async fn run_after_each(command: &[String], mut changes: UnboundedReceiver<Change>) {
    while let Some(mut change) = changes.recv().await {
        while let Ok(later) = changes.try_recv() {
            change.follow(later);
        }
        match timeout(LIMIT, run(command, &change)).await {
            Ok(Ok(status)) if status.success() => {
                info!(name: "command_done", "the command LMSYNC_ON_CHANGE is done");
            }
            Ok(Ok(status)) => {
                let exit_code = status.code();
                warn!(
                    name: "command_fails", %status, exit_code,
                    "the command LMSYNC_ON_CHANGE has failed"
                );
            }
            Ok(Err(error)) => {
                let error = Chain(&error).to_string();
                warn!(
                    name: "command_cannot_run", error,
                    "the command LMSYNC_ON_CHANGE cannot be run"
                );
            }
            Err(_) => {
                let limit_seconds = LIMIT.as_secs();
                warn!(
                    name: "command_ended", limit_seconds,
                    "the command LMSYNC_ON_CHANGE takes too long and was ended"
                );
            }
        }
    }
}

/// Runs the command itself, without a shell, with the change on its standard input:
/// `{"added": [ids], "removed": [ids]}`. Dropped when it takes too long, which kills it.
async fn run(command: &[String], change: &Change) -> std::io::Result<std::process::ExitStatus> {
    let ChangedIds { added, changed, removed } = &change.ids;
    // The command gets a model whose row has other values as an added one.
    let present: Vec<&str> = added.iter().chain(changed).map(ModelId::as_str).collect();
    let absent: Vec<&str> = removed.iter().map(ModelId::as_str).collect();
    let change = json!({ "added": present, "removed": absent });
    // A whole line, for commands that read one, or show it in the log.
    let text = format!("{change}\n");
    let (program, arguments) = command.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
    // What it prints goes where the log goes: standard output is for a person who asked something.
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(std::io::stderr())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that does not read is none the worse for it.
        let _ = stdin.write_all(text.as_bytes()).await;
    }
    child.wait().await
}
