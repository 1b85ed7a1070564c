//! Values of the status JSON as text.

use std::fmt::{Display, Write};
use std::time::{Duration, SystemTime};

use domain::escape_untrusted_lines;
use humantime::parse_rfc3339;
use serde_json::Value;

/// How many ids of one kind are named before the rest is counted.
const NAMED: usize = 10;

/// Names the first of some ids, a line each, which no terminal's width breaks; and counts the rest, and those that
/// are not among them.
pub(super) fn named(ids: impl Iterator<Item = impl Display>, more: u64) -> String {
    let mut lines = String::new();
    let mut rest = more;
    for (index, id) in ids.enumerate() {
        if index < NAMED {
            lines.push_str(&format!("    {id}\n"));
        } else {
            rest += 1;
        }
    }
    if rest > 0 {
        lines.push_str(&format!("    and {rest} more\n"));
    }
    lines
}

pub(super) fn trouble(trouble: &Value, line: &mut impl FnMut(&str, &str)) {
    if trouble.is_object() {
        line("", text(&trouble["error"]));
        if let Some(advice) = trouble["advice"].as_str() {
            line("", &format!("→ {advice}"));
        }
    }
}

/// `1 model`, `2 models`; whatever another version says of the number.
pub(super) fn count(number: &Value, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A duration in its two largest units.
pub(super) fn lasting(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = match seconds {
        0..60 => write!(text, "{seconds} s"),
        60..3600 => write!(text, "{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => write!(text, "{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => write!(text, "{} days {} h", seconds / 86_400, seconds % 86_400 / 3600),
    };
    text
}

pub(super) fn time(at: &Value) -> Option<SystemTime> {
    parse_rfc3339(at.as_str()?).ok()
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The same with texts in which nothing acts on a terminal.
pub(super) fn escape_untrusted(value: &Value) -> Value {
    match value {
        Value::String(text) => escape_untrusted_lines(text).replace('\n', " ").into(),
        Value::Array(items) => items.iter().map(escape_untrusted).collect(),
        Value::Object(object) => object.iter().map(|(key, value)| (key.clone(), escape_untrusted(value))).collect(),
        other => other.clone(),
    }
}
