//! `lmsync doctor`: every check, and under what fails the exact thing to do.

use std::io::{self, IsTerminal};

use config::{Setting, Settings};

use crate::config_source::ConfigSource;
use crate::doctor::{self, Diagnosis, Finding, Repair, Severity};
use crate::exit::Exit;
use crate::output;
use crate::progress::Progress;

/// How it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) json: bool,
    /// Do what is safe about what fails.
    pub(crate) fix: bool,
    /// Without asking before.
    pub(crate) yes: bool,
}

/// Looks at everything and tells it; where that is wanted, does what is safe about it and looks again.
///
/// # Errors
/// Exit 1 where something fails in the end.
pub(crate) async fn doctor(flags: Vec<(&'static Setting, String)>, asked: Asked) -> Result<(), Exit> {
    let (mut found, settings) = examine(flags.clone(), asked).await;
    let mut repairs = Vec::new();
    if asked.fix {
        if !asked.json {
            output::print_painted(&doctor::as_text(&found))?;
        }
        repairs = match &settings {
            Some(settings) => mend(&found.findings, settings, asked).await?,
            None => Vec::new(),
        };
        if !repairs.is_empty() {
            (found, _) = examine(flags, asked).await;
        }
    }
    if asked.json {
        output::print_json(&doctor::as_json(&found, asked.fix.then_some(&repairs)))?;
    } else if !asked.fix || !repairs.is_empty() {
        output::print_painted(&doctor::as_text(&found))?;
    }
    let fails = found.findings.iter().any(|finding| finding.severity == Severity::Failure);
    if fails { Err(Exit::told()) } else { Ok(()) }
}

/// Says what it will do, asks, and does it.
async fn mend(found: &[Finding], settings: &Settings, asked: Asked) -> Result<Vec<Repair>, Exit> {
    let remedies = doctor::remedies(found);
    let tell = |text: String| if asked.json { Ok(()) } else { output::print(&text) };
    if remedies.is_empty() {
        tell("Nothing here can be mended by --fix.\n".to_owned())?;
        return Ok(Vec::new());
    }
    let all: String = remedies.iter().map(|(_, remedy)| format!("  - {}\n", doctor::described(remedy))).collect();
    tell(format!("\nTo be done:\n{all}"))?;
    if !asked.yes && !confirmed()? {
        tell("Nothing is done.\n".to_owned())?;
        return Ok(Vec::new());
    }
    let mut repairs = Vec::new();
    for (check, remedy) in &remedies {
        let repair = doctor::repair(check, remedy, settings).await;
        tell(repair.as_text())?;
        repairs.push(repair);
    }
    tell("\nLooking again:\n\n".to_owned())?;
    Ok(repairs)
}

/// Whether a person says yes. Where none is there to be asked, nobody does.
fn confirmed() -> Result<bool, Exit> {
    if !io::stdin().is_terminal() {
        return Err(Exit::usage("nobody is here to say yes: --yes does it without asking".to_owned()));
    }
    output::print("Do that? [y/N] ")?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(|error| Exit::io("failed to read the answer", &error))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// What is found, and the settings where they can be used.
async fn examine(flags: Vec<(&'static Setting, String)>, asked: Asked) -> (Diagnosis, Option<Settings>) {
    let progress = Progress::new(!asked.json);
    let read = ConfigSource::read(flags).and_then(|(_, config)| Ok((config.settings()?, config)));
    match read {
        Ok((settings, config)) => {
            let found = doctor::examine(&config, &settings, |what| progress.show(what)).await;
            (found, Some(settings))
        }
        Err(exit) => (doctor::unusable(&exit), None),
    }
}
