//! A line of the log for a person at a terminal: the time, a sentence that wraps between words, and what helps.

use std::error::Error;
use std::fmt::{self, Debug};

use app::NameList;
use domain::Chain;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::terminal::{Paint, Screen};

/// What [`crate::daemon::view`] shows there in its own way.
const SHOWN_BY_THE_VIEW: [&str; 5] =
    ["started", "status_shown", "server_answers", "activity_source_absent", "models_refreshed"];

/// Writes lines for a person.
pub(super) struct TerminalLine {
    /// Whether a person wants every event with every field, as with `-v`.
    pub(super) everything: bool,
}

impl<S, N> FormatEvent<S, N> for TerminalLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let metadata = event.metadata();
        let mut sentence = Sentence { everything: self.everything, ..Sentence::default() };
        event.record(&mut sentence);
        // That a person's own values were replaced is no part of a change of the models.
        if !self.everything && SHOWN_BY_THE_VIEW.contains(&metadata.name()) && !sentence.has_replaced {
            return Ok(());
        }
        if self.everything {
            sentence.others.push(format!("in {}", metadata.target()));
        }
        let mark = match *metadata.level() {
            Level::ERROR => ("✗", Paint::Bad),
            Level::WARN => ("!", Paint::Warning),
            _ => (" ", Paint::Bold),
        };
        // What is as it may be needs no cause where there is something to do.
        if *metadata.level() == Level::INFO && sentence.advice.is_some() && !self.everything {
            sentence.causes.clear();
        }
        let screen = Screen::of_errors();
        write!(writer, "{}", screen.log_line(mark, &sentence.text()))?;
        match sentence.advice {
            Some(advice) => write!(writer, "{}", screen.below_log_line(&format!("→ {advice}"))),
            None => Ok(()),
        }
    }
}

/// The values of an event, as far as a person wants them.
#[derive(Default)]
struct Sentence {
    everything: bool,
    message: String,
    /// What follows a colon.
    causes: Vec<String>,
    others: Vec<String>,
    advice: Option<String>,
    has_replaced: bool,
}

impl Sentence {
    /// Takes in what is of use to few.
    fn number(&mut self, field: &Field, value: &dyn Debug) {
        if self.everything {
            self.record_debug(field, value);
        }
    }

    fn text(&self) -> String {
        let mut text = [std::slice::from_ref(&self.message), &self.causes].concat().join(": ");
        if !self.others.is_empty() {
            text.push_str(&format!(" ({})", self.others.join(", ")));
        }
        text
    }
}

impl Visit for Sentence {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let value = format!("{value:?}");
        match field.name() {
            "message" => self.message = value,
            "advice" => self.advice = Some(value),
            "error" | "cause" | "why" | "reason" => self.causes.push(value),
            // The sentence has these names and, in other words, the kind; the error has the file's name.
            "provider" | "kind" | "openclaw" | "name" | "source" if !self.everything => {}
            "file" if !self.causes.is_empty() && !self.everything => {}
            name => self.others.push(format!("{name} {value}")),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field, &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field, &value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.number(field, &value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        match (value.downcast_ref(), field.name()) {
            (None, _) => self.record_debug(field, &format_args!("{}", Chain(value))),
            (Some(NameList { count: 0, .. }), _) => {}
            (Some(list), "held") => self.causes.push(list.in_words()),
            (Some(list), "replaced") => {
                self.has_replaced = true;
                self.others.push(format!("replaced {}", list.in_words()));
            }
            (Some(list), _) if self.everything => self.record_debug(field, &format_args!("{list}")),
            _ => {}
        }
    }
}
