//! `lmsync status`: what the running daemon knows, asked of its status server; and honestly so where there is none.

mod text;
mod values;

use std::io::{self, IsTerminal};
use std::pin::pin;
use std::time::{Duration, SystemTime};

use adapters_fs::DaemonNote;
use adapters_http::Tls;
use config::Settings;
use domain::Attention;
use humantime::format_rfc3339_seconds;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::commands::run::asked_to_stop;
use crate::exit::Exit;
use crate::output;
use crate::seen::Seen;
use crate::terminal::Screen;

/// How often a watcher looks.
const LOOK: Duration = Duration::from_secs(1);

/// How it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) json: bool,
    /// Go on showing it.
    pub(crate) watch: bool,
    /// Let the exit code say whether something needs a person's attention.
    pub(crate) check: bool,
    /// With `check`: print nothing.
    pub(crate) quiet: bool,
}

pub(crate) async fn status(settings: Settings, asked: Asked) -> Result<(), Exit> {
    let Asked { json, watch, check, quiet } = asked;
    let tls = Tls::new(None).map_err(|error| Exit::bug("failed to make a client", error))?;
    if watch {
        return watch_it(&settings, &tls, json).await;
    }
    let seen = Seen::read(&settings, &tls).await.map_err(Exit::failure)?;
    if json {
        output::print_json(&seen.to_json())?;
    } else if let Some(text) = seen.text().filter(|_| !(check && quiet)) {
        output::print_painted(&text)?;
    }
    match seen.trouble() {
        Some(why) => Err(Exit::failure(why)),
        None if check && seen.needs_attention() => Err(Exit::told()),
        None => Ok(()),
    }
}

/// Shows it again and again: on a terminal in one place, else whenever there is something new. Ends when asked to.
async fn watch_it(settings: &Settings, tls: &Tls, json: bool) -> Result<(), Exit> {
    let mut stop = pin!(asked_to_stop()?);
    let screen = io::stdout().is_terminal() && !json;
    let mut last = Value::Null;
    loop {
        let seen = Seen::read(settings, tls).await.map_err(Exit::failure)?;
        let told = || seen.text().unwrap_or_default() + &seen.trouble().map(|why| why + "\n").unwrap_or_default();
        if screen {
            // From the top, each line to its end, and nothing below: without a moment of an empty screen.
            let now = format_rfc3339_seconds(SystemTime::now());
            let lines = format!("{now}, Ctrl-C ends\n\n{}", told()).replace('\n', "\x1b[K\n");
            output::print_painted(&format!("\x1b[H{lines}\x1b[J"))?;
        } else if seen.news() != last {
            last = seen.news();
            output::print(&if json {
                format!("{}\n", domain::escape_untrusted_json(&seen.to_json().to_string()))
            } else {
                told() + "\n"
            })?;
        }
        tokio::select! {
            () = &mut stop => return Ok(()),
            () = sleep(LOOK) => {}
        }
    }
}

/// The status of the daemon, where one runs and can be asked.
pub(crate) async fn daemon_status(settings: &Settings) -> Option<Value> {
    match Seen::read(settings, &Tls::new(None).ok()?).await {
        Ok(Seen::Answers { status, .. }) => Some(status),
        _ => None,
    }
}

impl Seen {
    /// Why there is nothing to show, where that is not meant.
    fn trouble(&self) -> Option<String> {
        match self {
            Self::Nobody { folder, plugin_is_enabled } => Some(format!(
                "no lmsync daemon runs for {}. {}",
                folder.parent().unwrap_or(folder).display(),
                if *plugin_is_enabled {
                    "OpenClaw's lmsync plugin starts one with the gateway"
                } else {
                    "Start it: `lmsync run`, or `lmsync service install`"
                }
            )),
            Self::Stale { note, age } => Some(format!(
                "no daemon runs: the last one (process {}) has not been active for {} s, so it was killed, or hangs",
                note.pid,
                age.as_secs()
            )),
            Self::Silent { note, why, .. } => Some(format!(
                "the daemon (process {}) runs, but cannot be asked from here: {why}. Does it run in a container, and \
                 this command does not?",
                note.pid
            )),
            Self::Off { .. } | Self::Answers { .. } => None,
        }
    }

    /// Whether the daemon itself reports something that a person should check. One that shows nothing reports nothing.
    fn needs_attention(&self) -> bool {
        let Self::Answers { status, .. } = self else { return false };
        let worst = [Attention::Warning, Attention::Failure].map(Attention::as_str);
        status["attention"].as_str().is_some_and(|attention| worst.contains(&attention))
    }

    fn text(&self) -> Option<String> {
        match self {
            Self::Answers { note, status, .. } => Some(text::as_text(status, note.plugin.is_some(), Screen::now())),
            Self::Off { .. } => Some(format!(
                "{}. It shows no more: LMSYNC_LISTEN is off, or its address was taken when it started.\n",
                self.runs()?
            )),
            Self::Nobody { .. } | Self::Stale { .. } | Self::Silent { .. } => None,
        }
    }

    /// As `docs/schemas/status-command.json` has it.
    fn to_json(&self) -> Value {
        let (note, age, status) = match self {
            Self::Nobody { .. } => (None, None, None),
            Self::Stale { note, age } | Self::Off { note, age } | Self::Silent { note, age, .. } => {
                (Some(note), Some(age), None)
            }
            Self::Answers { note, age, status } => (Some(note), Some(age), Some(status)),
        };
        let daemon = note.map(|note| {
            let DaemonNote { pid, version, listens, plugin, .. } = note;
            json!({ "pid": pid, "version": version, "listens": listens, "plugin": plugin })
        });
        json!({
            "running": !matches!(self, Self::Nobody { .. } | Self::Stale { .. }),
            "trouble": self.trouble(),
            "turnedSecondsAgo": age.map(Duration::as_secs),
            "daemon": daemon,
            "status": status,
        })
    }

    /// What a watcher is shown again for: all but the time that passes.
    fn news(&self) -> Value {
        let mut json = self.to_json();
        json["turnedSecondsAgo"].take();
        if self.trouble().is_some() {
            json["trouble"] = true.into();
        }
        if let Some(status) = json["status"].as_object_mut() {
            for passing in ["now", "lastPass", "lastSuccessAt", "nextPassAt", "counters", "timeline"] {
                status.remove(passing);
            }
        }
        json
    }
}
