//! The user's own rules: which models are offered, and what is said of them whatever the server says.

mod glob;

pub use glob::Glob;

use crate::model::catalog::Input;
use crate::model::id::ModelId;
use crate::model::kind::ModelKind;

/// One user's rules for one server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    /// What is offered: all where this is empty.
    pub include: Vec<Glob>,
    /// What is not, even where it is included.
    pub exclude: Vec<Glob>,
    /// What is said of some models. Later entries win, field by field.
    pub overrides: Vec<Override>,
}

/// What the user says of the models whose ids match. A field that is `None` stays automatic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// Which models.
    pub glob: Glob,
    /// The name shown to a person; not empty.
    pub name: Option<String>,
    /// The longest context that the model supports, in tokens; not 0.
    pub context_window: Option<u64>,
    /// The context to work with, in tokens; not 0.
    pub context_tokens: Option<u64>,
    /// The longest answer to ask for, in tokens; not 0.
    pub max_tokens: Option<u64>,
    /// Whether it thinks before it answers.
    pub reasoning: Option<bool>,
    /// What it accepts.
    pub input: Option<Input>,
}

impl Override {
    /// Says nothing yet of the models that match.
    #[must_use]
    pub fn new(glob: Glob) -> Self {
        let (context_window, context_tokens, max_tokens) = (None, None, None);
        Self { glob, name: None, context_window, context_tokens, max_tokens, reasoning: None, input: None }
    }
}

/// Why a listed model is not offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftOut {
    /// The server says that it is for this, and so answers nobody.
    NotForChat(ModelKind),
    /// Its id is a pattern for the ids of other models.
    Pattern,
    /// The user excludes it.
    ExcludedBy(Glob),
    /// The user includes others only.
    NotIncluded,
}

impl Rules {
    /// Why these rules leave a model out; `None` where they admit it. The first glob that excludes it is named.
    #[must_use]
    pub fn leave_out(&self, id: &ModelId) -> Option<LeftOut> {
        if let Some(glob) = self.exclude.iter().find(|glob| glob.matches(id)) {
            return Some(LeftOut::ExcludedBy(glob.clone()));
        }
        let included = self.include.is_empty() || self.include.iter().any(|glob| glob.matches(id));
        (!included).then_some(LeftOut::NotIncluded)
    }

    /// Whether these rules let a model be offered.
    #[must_use]
    pub fn admit(&self, id: &ModelId) -> bool {
        self.leave_out(id).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn globs(texts: &[&str]) -> Vec<Glob> {
        texts.iter().map(|text| Glob::new(*text)).collect()
    }

    #[test]
    fn exclusion_wins_over_inclusion() {
        let rules = Rules { include: globs(&["qwen/*"]), exclude: globs(&["x", "*8b"]), ..Rules::default() };
        let left_out = |id| rules.leave_out(&ModelId::new(id).unwrap());
        assert_eq!(left_out("qwen/qwen3-4b"), None);
        assert_eq!(left_out("qwen/qwen3-8b"), Some(LeftOut::ExcludedBy(Glob::new("*8b"))));
        assert_eq!(left_out("llama-8b"), Some(LeftOut::ExcludedBy(Glob::new("*8b"))));
        assert_eq!(left_out("llama-3b"), Some(LeftOut::NotIncluded));
    }

    #[test]
    fn no_rules_admit_all() {
        assert!(Rules::default().admit(&ModelId::new("a").unwrap()));
    }
}
