//! Configuration: whether it can be used, and where each value comes from.

use config::{Config, UnknownVariable};

use super::finding::{Check, Finding, count};

/// What there is of it.
pub(crate) struct ConfigurationFacts {
    /// `VARIABLE (origin)` of all that somebody has set.
    pub(crate) set: Vec<String>,
    pub(crate) unknown: Vec<UnknownVariable>,
    /// Variables of the environment whose values stand in quotes.
    pub(crate) quoted: Vec<&'static str>,
}

impl ConfigurationFacts {
    pub(crate) fn read(config: &Config) -> Self {
        let set =
            config.effective().into_iter().filter(|value| value.value.is_some() && value.origin != "default");
        let set = set.map(|value| format!("{} ({})", value.setting.variable, value.origin)).collect();
        Self { set, unknown: config.unknown().to_vec(), quoted: config.quoted().to_vec() }
    }
}

const SETTINGS: Check = Check("configuration.settings");
const VARIABLES: Check = Check("configuration.variables");

pub(crate) fn diagnose(facts: &ConfigurationFacts) -> Vec<Finding> {
    let used = match facts.set.len() {
        0 => "all settings are the defaults".to_owned(),
        number => format!("{} set: {}", count(number, "setting"), facts.set.join(", ")),
    };
    let mut found = vec![SETTINGS.good(used)];
    found.extend(facts.unknown.iter().map(unknown));
    found.extend(facts.quoted.iter().map(|name| {
        VARIABLES
            .warning(format!("the value of {name} begins and ends with a quote, which is part of it"))
            .line("`docker --env-file` keeps quotes: leave them out", format!("{name}=…"))
    }));
    found
}

fn unknown(variable: &UnknownVariable) -> Finding {
    let UnknownVariable { name, origin, nearest, is_of_others } = variable;
    let name = name.escape_debug();
    let line = format!("{nearest}=…");
    if *is_of_others {
        return VARIABLES
            .warning(format!(
                "{name} (from {origin}) is not read: the server's address is read from {nearest}"
            ))
            .line("write the address there", line);
    }
    let say = format!("did you mean {nearest}? `lmsync config` shows what counts; remove it, or write");
    VARIABLES.warning(format!("{name} (from {origin}) means nothing")).line(say, line)
}

/// The finding where it cannot be used at all, so that nothing else can be checked.
pub(crate) fn unusable(why: &str, advice: Option<&str>) -> Finding {
    let finding = SETTINGS.failure(why);
    match advice {
        Some(advice) => finding.fix(advice),
        None => finding.line("mend it where the sentence says; what counts is shown by", "lmsync config"),
    }
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
            is_of_others: false,
        };
        let facts =
            ConfigurationFacts { set: vec!["A (x)".into()], unknown: vec![unknown], quoted: Vec::new() };
        let found = diagnose(&facts);
        assert_eq!(found[0].sentence, "1 setting set: A (x)");
        assert_eq!(found[1].severity, Severity::Warning);
    }
}
