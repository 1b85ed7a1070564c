//! The passes that a command makes of one server: one, or two where that may confirm a removal.

use std::time::Duration;

use adapters_fs::AgentFiles;
use adapters_http::LmStudio;
use app::{Mode, Report, Server, TokioClock};
use domain::ports::SourceError;
use tokio::sync::Mutex;
use tokio::time::sleep;

use crate::exit::Exit;

/// How long a single pass waits for a second listing that confirms a removal. Longer waits are for the daemon.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the passes of one server came to: one, or two where a removal had to be confirmed.
pub(crate) struct Passes {
    pub(crate) provider: String,
    /// The server's address, as it is asked.
    pub(crate) address: String,
    pub(crate) results: Vec<Result<Report, SourceError>>,
}

/// Makes a pass, and another one where that may confirm a removal.
pub(crate) async fn passes(
    server: &mut Server<LmStudio>,
    stores: &AgentFiles,
    mode: Mode,
    tell: impl Fn(&str) -> Result<(), Exit>,
) -> Result<Vec<Result<Report, SourceError>>, Exit> {
    let (clock, turn) = (TokioClock::start(), Mutex::new(()));
    let first = server.pass(stores, &clock, &turn, mode).await;
    let wait = first.as_ref().ok().filter(|report| !report.held.is_empty()).and_then(|report| report.again_in);
    let mut passes = vec![first];
    if let Some(wait) = wait.filter(|wait| *wait <= PATIENCE) {
        tell(&format!("some models are missing from the list; asking again in {wait:.0?} before they are removed\n"))?;
        sleep(wait).await;
        passes.push(server.pass(stores, &clock, &turn, mode).await);
    }
    Ok(passes)
}
