//! The log: standard error, text for a terminal, JSON elsewhere.

use std::io::{self, IsTerminal};

use app::config::{LogFormat, LogSettings, UnknownVariable};
use tracing::warn;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::exit::Exit;

/// Starts logging.
///
/// # Errors
/// A filter that is none: exit 78.
pub(crate) fn start(settings: &LogSettings) -> Result<(), Exit> {
    let filter: Targets = settings.filter.parse().map_err(|_| {
        let LogSettings { filter_variable: variable, filter_origin: origin, .. } = settings;
        Exit::config(format!(
            "{variable} (from {origin}) cannot be used: expected a level (error, warn, info, debug, trace) or \
             target=level,…"
        ))
    })?;
    let terminal = io::stderr().is_terminal();
    let format = settings.format.unwrap_or(if terminal { LogFormat::Text } else { LogFormat::Json });
    let layer = fmt::layer().with_writer(io::stderr);
    let layer = match format {
        LogFormat::Text => layer.with_ansi(terminal && colour_is_wanted()).boxed(),
        LogFormat::Json => {
            layer.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
        }
    };
    tracing_subscriber::registry()
        .with(layer.with_filter(filter))
        .try_init()
        .map_err(|error| Exit::bug("failed to start the log", error))
}

/// Warns about variables under our prefix that mean nothing.
pub(crate) fn unknown_variables(unknown: &[UnknownVariable]) {
    for UnknownVariable { name, origin, nearest } in unknown {
        let name = name.escape_debug();
        warn!(%name, %origin, "unknown variable, which says nothing; did you mean {nearest}?");
    }
}

/// <https://no-color.org>: any value but an empty one says no.
// Read here and not as a setting: it is a convention of the terminal's, and nothing else depends on it.
#[allow(clippy::disallowed_methods)]
pub(crate) fn colour_is_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
