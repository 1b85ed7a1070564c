//! A finding: what one check came to, and what helps, as a person and a program read it.

use std::path::PathBuf;

use domain::Assessment;

/// All that the doctor has to say.
pub(crate) struct Diagnosis {
    pub(crate) findings: Vec<Finding>,
    /// How things stand; `None` where the configuration cannot be used.
    pub(crate) state: Option<Assessment>,
}

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

/// A check's name, `area.check`, which stays: programs know it, and `docs/schemas/doctor.json` lists it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Check(pub(crate) &'static str);

/// What one check came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The check's name.
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
    Mode { path: PathBuf, mode: u32 },
    /// Give a file or folder this owner; only root can.
    Owner { path: PathBuf, uid: u32, gid: u32 },
    /// Give the provider a key in openclaw.json (this file), through the gateway; an entry at this address where it
    /// has none.
    ProviderKey { file: PathBuf, provider: String, new_at: Option<String> },
    /// Put a profile for the provider into the agent's auth-profiles.json.
    AuthProfile { file: PathBuf, provider: String },
}

impl Check {
    pub(crate) fn good(self, sentence: impl Into<String>) -> Finding {
        self.finding(Severity::Good, sentence)
    }

    pub(crate) fn warning(self, sentence: impl Into<String>) -> Finding {
        self.finding(Severity::Warning, sentence)
    }

    pub(crate) fn failure(self, sentence: impl Into<String>) -> Finding {
        self.finding(Severity::Failure, sentence)
    }

    pub(crate) fn finding(self, severity: Severity, sentence: impl Into<String>) -> Finding {
        Finding { check: self.0, severity, about: None, sentence: sentence.into(), fix: None }
    }
}

impl Finding {
    /// Says what it is about.
    pub(crate) fn about(mut self, what: impl Into<String>) -> Self {
        self.about = Some(what.into());
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

    /// The first part of the check's name.
    pub(crate) fn area(&self) -> &'static str {
        self.check.split_once('.').map_or(self.check, |(area, _)| area)
    }
}
