//! A line of the log for programs: one JSON object, in which a number is a number and a list is an array.

use std::error::Error;
use std::fmt::{self, Debug};

use app::NameList;
use domain::{Chain, escape_untrusted_json};
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Writes lines as `docs/schemas/log.json` describes them.
pub(super) struct JsonLine;

impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut timestamp = String::new();
        SystemTime.format_time(&mut Writer::new(&mut timestamp))?;
        let metadata = event.metadata();
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut start = vec![("timestamp", json!(timestamp)), ("level", json!(metadata.level().as_str()))];
        // An event without a name of its own is named after its line in the source.
        if !metadata.name().starts_with("event ") {
            start.push(("event", json!(metadata.name())));
        }
        let Fields { message, others } = fields;
        start.push(("message", message));
        let members = start.into_iter().map(|(name, value)| (name.to_owned(), value));
        let members = members.chain(others).chain([("target".to_owned(), json!(metadata.target()))]);
        let members: Vec<String> = members.map(|(name, value)| format!("{}:{value}", Value::String(name))).collect();
        let line = format!("{{{}}}", members.join(","));
        writeln!(writer, "{}", escape_untrusted_json(&line))
    }
}

/// The values of an event.
#[derive(Default)]
struct Fields {
    message: Value,
    others: Vec<(String, Value)>,
}

impl Fields {
    fn set(&mut self, field: &Field, value: Value) {
        match field.name() {
            "message" => self.message = value,
            name => self.others.push((name.to_owned(), value)),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.set(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value.into());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let Some(NameList { count, first }) = value.downcast_ref() else {
            return self.set(field, Chain(value).to_string().into());
        };
        self.set(field, json!(first));
        self.others.push((format!("{}_count", field.name()), (*count).into()));
    }
}
