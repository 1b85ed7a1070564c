//! A finding: what one check came to, and what helps, as a person and a program read it.

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// As it should be.
    Good,
    /// It works, and something is worth knowing or will not work in some cases.
    Warning,
    /// It does not work.
    Failure,
}

/// What one check came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The check's name, which stays: `area.check`.
    pub(crate) check: &'static str,
    pub(crate) severity: Severity,
    /// The provider or file that it is about, where there may be several.
    pub(crate) about: Option<String>,
    /// What was found, in a sentence without a full stop.
    pub(crate) sentence: String,
    pub(crate) fix: Option<Fix>,
}

/// What helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fix {
    /// What to do, in words.
    pub(crate) say: String,
    /// The command to type, or the line to put where the words say.
    pub(crate) line: Option<String>,
    /// What `--fix` can do about it.
    pub(crate) remedy: Option<Remedy>,
}

/// Something that `--fix` can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Give a file or folder this mode.
    Mode { path: std::path::PathBuf, mode: u32 },
    /// Give a file or folder this owner; only root can.
    Owner { path: std::path::PathBuf, uid: u32, gid: u32 },
    /// Give the provider a key in openclaw.json (this file), through the gateway; an entry at this address where it
    /// has none.
    ProviderKey { file: std::path::PathBuf, provider: String, new_at: Option<String> },
    /// Put a profile for the provider into the agent's auth-profiles.json.
    AuthProfile { file: std::path::PathBuf, provider: String },
}

impl Finding {
    pub(crate) fn good(check: &'static str, sentence: impl Into<String>) -> Self {
        Self::new(check, Severity::Good, sentence)
    }

    pub(crate) fn warning(check: &'static str, sentence: impl Into<String>) -> Self {
        Self::new(check, Severity::Warning, sentence)
    }

    pub(crate) fn failure(check: &'static str, sentence: impl Into<String>) -> Self {
        Self::new(check, Severity::Failure, sentence)
    }

    fn new(check: &'static str, severity: Severity, sentence: impl Into<String>) -> Self {
        Self { check, severity, about: None, sentence: sentence.into(), fix: None }
    }

    /// Says whom it is about.
    pub(crate) fn about(mut self, whom: impl Into<String>) -> Self {
        self.about = Some(whom.into());
        self
    }

    /// Says what to do.
    pub(crate) fn fix(mut self, say: impl Into<String>) -> Self {
        self.fix = Some(Fix { say: say.into(), line: None, remedy: None });
        self
    }

    /// Says what to do, and the line to type or paste.
    pub(crate) fn line(mut self, say: impl Into<String>, line: impl Into<String>) -> Self {
        self.fix = Some(Fix { say: say.into(), line: Some(line.into()), remedy: None });
        self
    }

    /// Lets `--fix` do it.
    pub(crate) fn by(mut self, remedy: Remedy) -> Self {
        if let Some(fix) = &mut self.fix {
            fix.remedy = Some(remedy);
        }
        self
    }
}

/// Some names, and how many more there are: a person reads no list of hundreds.
pub(crate) fn some<T: AsRef<str>>(names: &[T]) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// `1 model`, `2 models`.
pub(crate) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
