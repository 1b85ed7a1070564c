//! The hook: a command that a person wants to be run after each change.

use std::collections::VecDeque;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use app::{Change, ChangedIds};
use domain::{Chain, ModelId};
use humantime::format_rfc3339_millis;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;
use tracing::{info, warn};

/// How long one run may take.
const LIMIT: Duration = Duration::from_secs(30);

/// Runs the command after each change, one run at a time; a provider's changes that come during a run share its next
/// one. A failure is a warning: the models are written all the same.
pub(crate) async fn run_after_each(command: &[String], mut changes: UnboundedReceiver<Change>) {
    let mut pending: VecDeque<Change> = VecDeque::new();
    loop {
        let next = match pending.is_empty() {
            true => changes.recv().await,
            false => changes.try_recv().ok(),
        };
        if let Some(later) = next {
            let provider = &later.desired.provider;
            match pending.iter_mut().find(|change| change.desired.provider == *provider) {
                Some(change) => change.follow(later),
                None => pending.push_back(later),
            }
            continue;
        }
        let Some(change) = pending.pop_front() else { return };
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

/// Runs the command itself, without a shell, with the change on its standard input, as `docs/schemas/on-change.json`
/// has it. Dropped when it takes too long, which kills it.
async fn run(command: &[String], change: &Change) -> std::io::Result<std::process::ExitStatus> {
    let ChangedIds { added, changed, removed } = &change.ids;
    let ids = |ids: &[ModelId]| ids.iter().map(|id| id.as_str().into()).collect::<Vec<Value>>();
    let change = json!({
        "at": format_rfc3339_millis(SystemTime::now()).to_string(),
        "provider": change.desired.provider,
        "added": ids(added),
        "changed": ids(changed),
        "removed": ids(removed),
    });
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
