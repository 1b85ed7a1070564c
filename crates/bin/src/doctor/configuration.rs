//! Configuration: whether it can be used, and where each value comes from.

use config::{Config, UnknownVariable};

use super::finding::{Finding, count};

/// What there is of it.
pub(crate) struct ConfigurationFacts {
    /// `VARIABLE (origin)` of all that somebody has set.
    pub(crate) set: Vec<String>,
    pub(crate) unknown: Vec<UnknownVariable>,
}

impl ConfigurationFacts {
    pub(crate) fn of(config: &Config) -> Self {
        let set =
            config.effective().into_iter().filter(|value| value.value.is_some() && value.origin != "default");
        let set = set.map(|value| format!("{} ({})", value.setting.variable, value.origin)).collect();
        Self { set, unknown: config.unknown().to_vec() }
    }
}

pub(crate) fn judge(facts: &ConfigurationFacts) -> Vec<Finding> {
    let used = match facts.set.len() {
        0 => "all settings are the defaults".to_owned(),
        number => format!("{} set: {}", count(number, "setting"), facts.set.join(", ")),
    };
    let unknown = facts.unknown.iter().map(|UnknownVariable { name, origin, nearest }| {
        let name = name.escape_debug();
        Finding::warning("configuration.variables", format!("{name} (from {origin}) means nothing")).line(
            format!("did you mean {nearest}? `lmsync config` shows what counts; remove it, or write"),
            nearest_line(nearest),
        )
    });
    std::iter::once(Finding::good("configuration.settings", used)).chain(unknown).collect()
}

fn nearest_line(nearest: &str) -> String {
    format!("{nearest}=…")
}

/// What is said where it cannot be used at all, and nothing else can be looked at.
pub(crate) fn unusable(why: &str) -> Finding {
    Finding::failure("configuration.settings", why.to_owned())
        .line("mend it where the sentence says; what counts is shown by", "lmsync config")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Severity;

    #[test]
    fn a_misspelled_variable_is_named_with_the_nearest_one() {
        let unknown = UnknownVariable {
            name: "LMSYNC_INTERVALL".into(),
            origin: "environment".into(),
            nearest: "LMSYNC_INTERVAL",
        };
        let found = judge(&ConfigurationFacts { set: vec!["A (x)".into()], unknown: vec![unknown] });
        assert_eq!(found[0].sentence, "1 setting set: A (x)");
        assert_eq!(found[1].severity, Severity::Warning);
    }
}
