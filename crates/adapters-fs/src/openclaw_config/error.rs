//! Why OpenClaw's configuration could not be read, and what in it does not do what it seems to.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Line and column, from 1, where known.
pub(super) type Position = Option<(usize, usize)>;

/// How many levels of files OpenClaw follows.
pub(super) const DEEPEST: usize = 10;

/// Why the configuration could not be used. Never repeats its text, which holds secrets.
#[derive(Debug, Error)]
pub enum OpenClawConfigError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// It is not JSON5, which is what OpenClaw reads there.
    #[error("{} is not JSON5{}", path.display(), place(*position))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Line and column, from 1, where known.
        position: Position,
    },
    /// A `$include` in it cannot be followed. OpenClaw then uses nothing of the whole configuration.
    #[error("{} includes {include:?}", path.display())]
    Include {
        /// The file that has it.
        path: PathBuf,
        /// The path that it names, as written.
        include: String,
        /// The included files that were reached.
        files: Vec<PathBuf>,
        /// Why it cannot be followed.
        #[source]
        problem: Box<IncludeProblem>,
    },
}

impl OpenClawConfigError {
    /// The included files that were reached, the one at fault among them.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        match self {
            Self::Unreadable { .. } | Self::Malformed { .. } => &[],
            Self::Include { files, .. } => files,
        }
    }
}

/// Why a `$include` cannot be followed.
#[derive(Debug, Error)]
pub enum IncludeProblem {
    /// The included file cannot be read, or is not JSON5.
    #[error(transparent)]
    File(OpenClawConfigError),
    /// The value is something else.
    #[error("$include takes a path or a list of paths")]
    NoPath,
    /// A file includes itself, by way of others or not.
    #[error("the files include each other in a circle")]
    Circular,
    /// The files include each other over more levels than OpenClaw follows.
    #[error("OpenClaw follows {} levels of $include", DEEPEST)]
    TooDeep,
    /// Beside `$include` stand other keys, and what is included is no object.
    #[error("keys stand beside it, so the included file has to hold an object")]
    NoObject,
}

/// Something in the configuration that OpenClaw does not take as it seems to be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigProblem {
    /// Later versions do not follow this `$include`, and then use nothing of the whole configuration.
    LateRefuses {
        /// The file that has it.
        path: PathBuf,
        /// The path that it names, as written.
        include: String,
        /// Why.
        why: LateRefusal,
    },
    /// `$NAME` stands for nothing: OpenClaw replaces `${NAME}` alone.
    NotReplaced {
        /// The key, such as `models.providers.lmstudio.baseUrl`.
        place: String,
        /// The variable that is probably meant.
        variable: String,
    },
    /// `${NAME}` refers to a variable that is not set here. OpenClaw's own process may have it.
    NotKnownHere {
        /// The key.
        place: String,
        /// The variable.
        variable: String,
    },
}

/// Why later versions do not follow a `$include`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LateRefusal {
    /// The file lies outside.
    #[error("it leads out of the folder of openclaw.json, and OPENCLAW_INCLUDE_ROOTS does not name its folder")]
    Outside,
    /// The file is too large.
    #[error("it is larger than 2 MiB")]
    TooLarge,
    /// The file has another name too.
    #[error("it is a hard link")]
    HardLink,
    /// The path is too long.
    #[error("its path has 4096 characters or more")]
    TooLong,
}

fn place(position: Position) -> String {
    position.map(|(line, column)| format!(", line {line} column {column}")).unwrap_or_default()
}
