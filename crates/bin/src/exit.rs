//! Exit codes, as in sysexits.h, and the message of a failure.

use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use config::ConfigError;
use domain::ports::{SourceError, StoreError};
use domain::{Chain, escape_untrusted_lines};

use crate::terminal::{Paint, Screen};

/// A daemon that does not turn (Docker knows no other code for it), a check of the doctor's that fails, or a model
/// that is not there.
const UNHEALTHY: u8 = 1;
/// Wrong usage.
pub(crate) const USAGE: u8 = 64;
const UNREACHABLE: u8 = 69;
const BUG: u8 = 70;
const CANNOT_CREATE: u8 = 73;
const INPUT_OUTPUT: u8 = 74;
const TRY_LATER: u8 = 75;
const CONFIG: u8 = 78;

/// Why the program ends, other than by having done what it was asked.
pub(crate) struct Exit {
    code: u8,
    message: String,
    advice: Option<String>,
}

impl Exit {
    /// Something that should not happen.
    pub(crate) fn bug(what: &str, error: impl Error + 'static) -> Self {
        Self { code: BUG, message: format!("{what}: {}", Chain(&error)), advice: None }
    }

    /// An argument that cannot be used.
    pub(crate) fn usage(message: String) -> Self {
        Self { code: USAGE, message, advice: None }
    }

    /// Configuration that cannot be used.
    pub(crate) fn config(message: String) -> Self {
        Self { code: CONFIG, message, advice: None }
    }

    /// The same, with what helps.
    pub(crate) fn advised(self, advice: Option<String>) -> Self {
        Self { advice, ..self }
    }

    /// What helps, where that is known.
    pub(crate) fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }

    /// What was asked for is not there: a daemon that turns, a model, a service.
    pub(crate) fn failure(message: String) -> Self {
        Self { code: UNHEALTHY, message, advice: None }
    }

    /// Something fails, and was told already.
    pub(crate) fn told() -> Self {
        Self { code: UNHEALTHY, message: String::new(), advice: None }
    }

    /// A daemon that has to be started again in another network.
    pub(crate) fn cut_off() -> Self {
        let message = "the network that was shared with the gateway's container is gone; ending, so that a restart \
                       joins the new one";
        Self { code: UNREACHABLE, message: message.into(), advice: None }
    }

    /// A daemon whose files another one keeps now.
    pub(crate) fn taken_over() -> Self {
        let message = "another lmsync keeps these models now; ending, so that a restart stands by";
        Self { code: TRY_LATER, message: message.into(), advice: None }
    }

    /// Something that cannot be read or written.
    pub(crate) fn io(what: &str, error: &(dyn Error + 'static)) -> Self {
        Self { code: INPUT_OUTPUT, message: format!("{what}: {}", Chain(error)), advice: None }
    }

    /// Something that could not be written.
    pub(crate) fn unwritable(message: &str) -> Self {
        Self { code: CANNOT_CREATE, message: message.to_owned(), advice: None }
    }

    /// Tells the person, and gives the code.
    pub(crate) fn report(self) -> ExitCode {
        if self.message.is_empty() {
            return ExitCode::from(self.code);
        }
        let screen = Screen::of_errors();
        let advice = self.advice.map(|advice| format!("\n  {advice}")).unwrap_or_default();
        let message = format!("lmsync: {}{advice}", escape_untrusted_lines(&self.message));
        let text = screen.wrapped_lines(&message).replacen("lmsync:", &screen.painted("lmsync:", Paint::Bad), 1);
        // Nothing better can be done where standard error is closed.
        let _ = io::stderr().lock().write_all(text.as_bytes());
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<ConfigError> for Exit {
    fn from(error: ConfigError) -> Self {
        Self::config(Chain(&error).to_string())
    }
}

impl From<SourceError> for Exit {
    fn from(error: SourceError) -> Self {
        let message = format!("failed to list the models: {}", Chain(&error));
        Self { code: UNREACHABLE, message, advice: Some(app::advice(&error).to_owned()) }
    }
}

impl From<StoreError> for Exit {
    fn from(error: StoreError) -> Self {
        Self { code: store_code(&error), message: Chain(&error).to_string(), advice: None }
    }
}

fn store_code(error: &StoreError) -> u8 {
    match error {
        StoreError::Refused { .. } | StoreError::Unwritable { .. } => CANNOT_CREATE,
        StoreError::Unreadable { .. }
        | StoreError::Malformed { .. }
        | StoreError::Changed { .. }
        | StoreError::NotDurable { .. } => INPUT_OUTPUT,
    }
}
