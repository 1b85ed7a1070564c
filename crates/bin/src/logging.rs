//! The log: standard error, text for a terminal, JSON elsewhere.

use std::error::Error;
use std::fmt::Debug;
use std::io::{self, IsTerminal};

use app::NameList;
use config::{LogFormat, LogSettings, UnknownVariable};
use domain::{Chain, escape_untrusted};
use tracing::field::{Field, Visit};
use tracing::{Level, warn};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use self::json::JsonLine;
use self::terminal_line::TerminalLine;
use crate::exit::Exit;
use crate::terminal::is_colored;

mod json;
mod terminal_line;

/// Starts logging. Returns whether the log is for a person at this terminal, who wants neither more of it nor less:
/// [`crate::daemon::view`] shows there what the daemon does.
///
/// # Errors
/// A filter that is none: exit 78.
pub(crate) fn start(settings: &LogSettings) -> Result<bool, Exit> {
    let filter: Targets = settings.filter.parse().map_err(|_| {
        let LogSettings { filter_variable: variable, filter_origin: origin, .. } = settings;
        Exit::config(format!(
            "{variable} (from {origin}) cannot be used: expected a level (error, warn, info, debug, trace) or \
             target=level,…"
        ))
    })?;
    let terminal = io::stderr().is_terminal();
    let format = settings.format.unwrap_or(if terminal { LogFormat::Text } else { LogFormat::Json });
    let enables = |level| filter.would_enable("lmsync", &level);
    let for_a_person = terminal && format == LogFormat::Text;
    let everything = enables(Level::DEBUG);
    let shows_changes = for_a_person && enables(Level::INFO) && !everything;
    let layer = match format {
        LogFormat::Text if for_a_person => {
            fmt::layer().event_format(TerminalLine { everything }).with_writer(io::stderr).boxed()
        }
        LogFormat::Text => {
            fmt::layer().fmt_fields(TameFields).with_ansi(is_colored(&io::stderr())).with_writer(io::stderr).boxed()
        }
        LogFormat::Json => fmt::layer().event_format(JsonLine).with_writer(io::stderr).boxed(),
    };
    tracing_subscriber::registry()
        .with(layer.with_filter(filter))
        .try_init()
        .map_err(|error| Exit::bug("failed to start the log", error))?;
    Ok(shows_changes)
}

/// Writes fields so that nothing in them acts on a terminal or looks like another line.
struct TameFields;

impl<'w> FormatFields<'w> for TameFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> std::fmt::Result {
        let mut line = TameLine { writer, between: "", result: Ok(()) };
        fields.record(&mut line);
        line.result
    }
}

struct TameLine<'w> {
    writer: Writer<'w>,
    between: &'static str,
    result: std::fmt::Result,
}

impl Visit for TameLine<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if self.result.is_err() {
            return;
        }
        let value = format!("{value:?}");
        let (name, is) = if field.name() == "message" { ("", "") } else { (field.name(), "=") };
        self.result = write!(self.writer, "{}{name}{is}{}", self.between, escape_untrusted(&value));
        self.between = " ";
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        // An empty list says nothing to a person.
        if value.downcast_ref::<NameList>().is_none_or(|list| list.count != 0) {
            self.record_debug(field, &format_args!("{}", Chain(value)));
        }
    }
}

/// Warns about variables under our prefix that mean nothing.
pub(crate) fn unknown_variables(unknown: &[UnknownVariable]) {
    for UnknownVariable { name, origin, nearest, is_of_others } in unknown {
        let name = name.escape_debug();
        if *is_of_others {
            warn!(
                name: "variable_unused", %name, %origin,
                "{name} is not read; the server's address is read from {nearest}"
            );
            continue;
        }
        warn!(name: "variable_unknown", %name, %origin, "lmsync does not know {name}; did you mean {nearest}?");
    }
}

/// Warns about values that begin and end with a quote.
pub(crate) fn quoted_variables(quoted: &[&str]) {
    for name in quoted {
        warn!(
            name: "variable_quoted",
            name,
            "{name} begins and ends with a quote, which is part of it: `docker --env-file` keeps quotes; leave them \
             out"
        );
    }
}
