//! Why configuration cannot be used.

use std::path::PathBuf;

use thiserror::Error;

use crate::dotenv::DotenvError;
use crate::file::FileError;

/// Why configuration cannot be used. Ends the program before anything else happens; while it runs, the last
/// configuration stays in force. With its sources it says everything that a person needs, on one line.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The `.env` file has a line that is none.
    #[error("cannot read {}", path.display())]
    Dotenv {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        error: DotenvError,
    },
    /// `lmsync.toml` says something that cannot be used.
    #[error("cannot use {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        error: FileError,
    },
    /// `lmsync.toml` was named, and is not there.
    #[error("there is no {}, which {variable} (from {origin}) names", path.display())]
    NoFile {
        /// The file.
        path: PathBuf,
        /// The variable that names it.
        variable: &'static str,
        /// Where the variable comes from.
        origin: String,
    },
    /// A variable's bytes are no text.
    #[error("{variable} (from the environment) is not valid UTF-8")]
    NotText {
        /// The variable.
        variable: &'static str,
    },
    /// A value cannot be used.
    #[error("{variable} (from {origin}) cannot be used: {problem}")]
    Value {
        /// The variable.
        variable: &'static str,
        /// Where the value comes from.
        origin: String,
        /// What is wrong with it, and what is expected.
        problem: String,
    },
    /// Neither the state folder nor a home folder is known.
    #[error("OpenClaw's state folder is not known: set OPENCLAW_STATE_DIR, or HOME")]
    NoHome,
}
