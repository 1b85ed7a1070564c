//! `lmsync doctor`: every check, and under what fails the exact thing to do.

use app::Chain;
use app::config::{ConfigError, Setting};

use crate::config_source::ConfigSource;
use crate::doctor::{self, Finding, Progress, Severity};
use crate::exit::Exit;
use crate::output;

/// How it is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) json: bool,
}

/// Looks at everything and tells it.
///
/// # Errors
/// Exit 1 where something fails.
pub(crate) async fn doctor(flags: Vec<(&'static Setting, String)>, asked: Asked) -> Result<(), Exit> {
    let found = examine(flags, asked).await;
    if asked.json {
        output::print_json(&doctor::as_json(&found))?;
    } else {
        output::print(&doctor::as_text(&found))?;
    }
    let fails = found.iter().any(|finding| finding.severity == Severity::Failure);
    if fails { Err(Exit::told()) } else { Ok(()) }
}

async fn examine(flags: Vec<(&'static Setting, String)>, asked: Asked) -> Vec<Finding> {
    let progress = Progress::new(!asked.json);
    let config = match ConfigSource::read(flags) {
        Ok((_, config)) => config,
        Err(exit) => return vec![doctor::unusable(&exit.to_string())],
    };
    match config.settings() {
        Ok(settings) => doctor::examine(&config, settings, |what| progress.tell(what)).await,
        Err(error) => vec![doctor::unusable(&unusable(&error))],
    }
}

fn unusable(error: &ConfigError) -> String {
    Chain(error).to_string()
}
