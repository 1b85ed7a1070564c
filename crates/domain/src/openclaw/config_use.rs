//! Whether lmsync may change OpenClaw's own configuration, and if not, why and what helps.

use std::fmt;

use crate::changes::StoredProvider;
use crate::openclaw::config_entry::{Added, ConfigSeen};
use crate::openclaw::era::{Era, Shows};

/// What the user wants of the config target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConfigSetting {
    /// To be used where the running version needs it, and where nothing is lost by it.
    #[default]
    Auto,
    /// To be used wherever it shows models.
    On,
    /// To be left alone.
    Off,
}

/// What only the text of openclaw.json shows, and the gateway does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConfigText {
    /// Whether it can be read from here.
    pub readable: bool,
    /// The line of its first comment.
    pub comment: Option<usize>,
    /// Whether it includes other files.
    pub includes: bool,
}

/// Why the config target is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipReason {
    /// The user wants so.
    Off,
    /// The running version does without.
    NotNeeded,
    /// The running version shows no change of it before a restart.
    ShowsNothing,
    /// The gateway's rewrite would drop the comment in that line.
    Comment(usize),
    /// The entry, or a part of the file, comes from another file.
    Includes,
    /// The entry has rows that the user wrote.
    OwnRows,
    /// The file cannot be read from here, so it is not known what a rewrite would drop.
    Unreadable,
    /// Another program has undone it each time.
    Undone,
}

/// Whether the config target could be of use at all, before anything is read. `credential` is whether the
/// gateway has one of its own for the provider, where that is known.
///
/// # Errors
/// [`SkipReason`], for why not.
pub fn is_needed(setting: ConfigSetting, era: &Era, credential: Option<bool>, added: &Added) -> Result<(), SkipReason> {
    let ours = added.made.is_some() || !added.rows.is_empty();
    match setting {
        ConfigSetting::Off => Err(SkipReason::Off),
        ConfigSetting::On => Ok(()),
        ConfigSetting::Auto if era.config_shows != Shows::AtOnce => Err(SkipReason::ShowsNothing),
        ConfigSetting::Auto if ours || era.picker_needs_config() || credential == Some(false) => Ok(()),
        ConfigSetting::Auto => Err(SkipReason::NotNeeded),
    }
}

/// Whether the entry may be changed, where it is needed.
///
/// # Errors
/// [`SkipReason`], for why not.
pub fn may_change(
    setting: ConfigSetting,
    seen: &ConfigSeen,
    text: &ConfigText,
    added: &Added,
) -> Result<(), SkipReason> {
    if seen.elsewhere {
        return Err(SkipReason::Includes);
    }
    if setting != ConfigSetting::Auto {
        return Ok(());
    }
    let is_own =
        |has: &StoredProvider| has.models.iter().any(|row| row.id.as_ref().is_none_or(|id| !added.rows.contains(id)));
    match *text {
        ConfigText { readable: false, .. } => Err(SkipReason::Unreadable),
        ConfigText { comment: Some(line), .. } => Err(SkipReason::Comment(line)),
        ConfigText { includes: true, .. } => Err(SkipReason::Includes),
        _ if !added.is_entry() && seen.provider.as_ref().is_some_and(is_own) => Err(SkipReason::OwnRows),
        _ => Ok(()),
    }
}

impl SkipReason {
    /// What helps, if anything does.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Off => "LMSYNC_OPENCLAW_CONFIG=auto lets lmsync add its rows there through the gateway",
            Self::NotNeeded => "nothing has to be done there",
            Self::ShowsNothing => {
                "restart the gateway after a change (LMSYNC_ON_CHANGE can do that); LMSYNC_OPENCLAW_CONFIG=on \
                keeps the rows in openclaw.json too, for the restart to find"
            }
            Self::Comment(_) => {
                "remove the comments, or set LMSYNC_OPENCLAW_CONFIG=on and lose them, or write the rows there yourself"
            }
            Self::Includes => "write the rows into the included file yourself: models.providers.<provider>.models",
            Self::OwnRows => "LMSYNC_OPENCLAW_CONFIG=on adds lmsync's rows beside yours, which stay as they are",
            Self::Unreadable => {
                "let lmsync read openclaw.json (OPENCLAW_CONFIG_PATH), or set LMSYNC_OPENCLAW_CONFIG=on"
            }
            Self::Undone => {
                "find out who writes that file (a configuration manager, another lmsync?), or write the rows \
                there yourself"
            }
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("openclaw.json is left alone (LMSYNC_OPENCLAW_CONFIG=off)"),
            Self::NotNeeded => f.write_str("this version does without rows in openclaw.json"),
            Self::ShowsNothing => f.write_str("this version reads its models only when it starts"),
            Self::Comment(line) => write!(
                f,
                "openclaw.json has comments (line {line}), which the gateway drops when it writes, so lmsync \
                adds no rows there"
            ),
            Self::Includes => f.write_str("openclaw.json takes this from another file, so lmsync adds no rows there"),
            Self::OwnRows => {
                f.write_str("openclaw.json has rows of your own for this provider, so lmsync adds none there")
            }
            Self::Unreadable => f.write_str("openclaw.json cannot be read from here, so lmsync adds no rows there"),
            Self::Undone => f.write_str(
                "another program takes lmsync's rows out of openclaw.json each time, so lmsync adds none for an \
                hour, or until LM Studio's models change",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::era::Release;
    use crate::{Made, ModelId, StoredModel};

    fn at(number: u16) -> &'static Era {
        Era::for_release(Release::new(2026, number, 7))
    }

    #[test]
    fn automatically_it_is_used_where_the_version_needs_it() {
        let none = Added::default();
        let needed = |month, credential| is_needed(ConfigSetting::Auto, at(month), credential, &none);
        assert_eq!(needed(3, Some(false)), Err(SkipReason::ShowsNothing));
        assert_eq!(needed(5, Some(true)), Ok(()));
        assert_eq!(needed(7, None), Ok(()));
        assert_eq!(needed(8, Some(true)), Ok(()));
        assert_eq!(needed(9, Some(true)), Err(SkipReason::NotNeeded));
        assert_eq!(needed(9, None), Err(SkipReason::NotNeeded));
        assert_eq!(needed(9, Some(false)), Ok(()));
        let ours = Added { made: Some(Made::Entry), ..Added::default() };
        assert_eq!(is_needed(ConfigSetting::Auto, at(9), Some(true), &ours), Ok(()));
        assert_eq!(is_needed(ConfigSetting::Off, at(7), None, &ours), Err(SkipReason::Off));
    }

    #[test]
    fn what_a_rewrite_would_lose_keeps_it_from_being_used() {
        let row = StoredModel { id: ModelId::new("mine").ok(), ..StoredModel::default() };
        let provider = StoredProvider { models: vec![row], ..StoredProvider::default() };
        let seen = ConfigSeen {
            version: crate::ConfigVersion::default(),
            openclaw: "2026.7.1".into(),
            era: at(7),
            provider: None,
            elsewhere: false,
            lists: false,
            parents: (true, true),
        };
        let (plain, none) = (ConfigText { readable: true, ..ConfigText::default() }, Added::default());
        let may = |text: ConfigText| may_change(ConfigSetting::Auto, &seen, &text, &none);
        assert_eq!(may(plain), Ok(()));
        assert_eq!(may(ConfigText { comment: Some(3), ..plain }), Err(SkipReason::Comment(3)));
        assert_eq!(may(ConfigText { includes: true, ..plain }), Err(SkipReason::Includes));
        assert_eq!(may(ConfigText::default()), Err(SkipReason::Unreadable));
        let own = ConfigSeen { provider: Some(provider), ..seen };
        assert_eq!(may_change(ConfigSetting::Auto, &own, &plain, &none), Err(SkipReason::OwnRows));
        assert_eq!(may_change(ConfigSetting::On, &own, &ConfigText::default(), &none), Ok(()));
    }
}
