//! `lmsync healthcheck`: whether a daemon with this configuration turns, for Docker and Kubernetes to ask.

use std::time::SystemTime;

use adapters_fs::Sign;
use config::Setting;
use domain::Chain;

use crate::config_source::ConfigSource;
use crate::exit::Exit;
use crate::output;

/// Succeeds while the daemon's loop turns, whatever the server and the file do: a restart would mend neither.
///
/// # Errors
/// Exit 1, with one line why.
pub(crate) fn healthcheck(flags: Vec<(&'static Setting, String)>) -> Result<(), Exit> {
    let (_, config) = ConfigSource::read(flags)?;
    let settings = config.settings().map_err(|error| Exit::failure(Chain(&error).to_string()))?;
    let folder = settings.own_folder;
    match Sign::read(&folder, SystemTime::now()) {
        Ok(Sign::Alive(note, age)) => {
            output::print(&format!("healthy: process {} was active {} s ago\n", note.pid, age.as_secs()))
        }
        Ok(Sign::Stale(note, age)) => Err(Exit::failure(format!(
            "stale: the daemon (process {}) has not been active for {} s; {} s are allowed",
            note.pid,
            age.as_secs(),
            note.patience_ms / 1000,
        ))),
        Ok(Sign::None) => Err(Exit::failure(format!("no daemon runs with the state folder of {}", folder.display()))),
        Err(error) => Err(Exit::failure(Chain(&error).to_string())),
    }
}
