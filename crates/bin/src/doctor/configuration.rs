//! Configuration: whether it can be used, and where each value comes from.

use config::{Config, UnknownVariable};

use domain::count;

use super::finding::{Check, Finding};

const SETTINGS: Check = Check("configuration.settings");
const VARIABLES: Check = Check("configuration.variables");

pub(crate) fn diagnose(config: &Config) -> Vec<Finding> {
    let set = config.effective().into_iter().filter(|value| value.value.is_some() && value.origin != "default");
    let set: Vec<String> = set.map(|value| format!("{} ({})", value.setting.variable, value.origin)).collect();
    let used = match set.len() {
        0 => "all settings are the defaults".to_owned(),
        number => format!("{} set: {}", count(number, "setting"), set.join(", ")),
    };
    let mut found = vec![SETTINGS.good(used)];
    found.extend(config.unknown().iter().map(unknown));
    found.extend(config.quoted().iter().map(|name| {
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
            .warning(format!("{name} (from {origin}) is not read: the server's address is read from {nearest}"))
            .line("write the address there", line);
    }
    let say = format!("did you mean {nearest}? `lmsync config` shows the values in effect; remove it, or write");
    VARIABLES.warning(format!("{name} (from {origin}) means nothing")).line(say, line)
}

/// The finding where it cannot be used at all, so that nothing else can be checked.
pub(crate) fn unusable(why: &str, advice: Option<&str>) -> Finding {
    let finding = SETTINGS.failure(why);
    match advice {
        Some(advice) => finding.fix(advice),
        None => finding.line("mend it at that place; to see the values in effect, run", "lmsync config"),
    }
}

#[cfg(test)]
mod tests {
    use config::Inputs;

    use super::*;
    use crate::doctor::finding::Severity;

    #[test]
    fn a_misspelled_variable_is_named_with_the_nearest_one() {
        let environment = [("OPENAI_API_BASE", "h"), ("LMSYNC_INTERVALL", "1s"), ("LMSYNC_AGENT", "'main'")];
        let environment = environment.map(|(name, value)| (name.into(), value.into())).into();
        let found = diagnose(&Config::read(Inputs { environment, ..Inputs::default() }).unwrap());
        assert!(found[0].sentence.starts_with("2 settings set: "), "{found:?}");
        assert!(found[0].sentence.contains("OPENAI_API_BASE (environment)"), "{found:?}");
        assert_eq!(found[1].severity, Severity::Warning);
        assert!(
            found[1].sentence.contains("LMSYNC_INTERVALL")
                && format!("{:?}", found[1].fix).contains("LMSYNC_INTERVAL=…")
        );
        assert!(found[2].sentence.contains("LMSYNC_AGENT begins and ends with a quote"), "{found:?}");
    }
}
