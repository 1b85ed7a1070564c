//! What is expected of each OpenClaw: the only thing in which the matrix's versions differ.

use std::time::Duration;

/// One version.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) version: &'static str,
    /// What lets the picker follow LM Studio with lmsync's default settings, and turns answer.
    pub(crate) by: By,
    /// The same where lmsync may not touch openclaw.json.
    pub(crate) off: Off,
    /// Whether models.json is shown also beside an entry with a key that a person wrote into openclaw.json.
    pub(crate) merges: bool,
    /// Whether an entry in openclaw.json may be without a list of rows.
    pub(crate) list_is_optional: bool,
    /// Whether its gateway takes a change after an edit of openclaw.json that changed no value. 2026.8.1 says that
    /// the file "changed since last load", until it is restarted, or a value changes.
    pub(crate) heeds_any_edit: bool,
    /// Whether its picker shows a model of ours after `lmsync remove`, from a copy that OpenClaw has made for itself
    /// (`plugins/lmstudio/catalog.json` beside models.json) and keeps when its configuration no longer has the entry.
    pub(crate) keeps_a_copy: bool,
    /// What the version takes, on a quiet machine, beyond lmsync's interval.
    pub(crate) aim: Duration,
}

/// What shows a change in the picker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// models.json, and a restart that `status` asks for.
    Restart,
    /// The gateway's own configuration, while it runs.
    Config,
}

/// What models.json alone achieves, and what is said of it.
#[derive(Debug)]
pub(crate) struct Off {
    /// Whether a running gateway's picker follows.
    pub(crate) shown: bool,
    /// What the reason names: each of these words.
    pub(crate) reason: &'static [&'static str],
}

/// Every version, the oldest first.
pub(crate) const EXPECTED: [Expected; 5] = [
    Expected {
        version: "2026.2.12",
        by: By::Restart,
        off: Off { shown: false, reason: &["restart"] },
        merges: false,
        list_is_optional: false,
        heeds_any_edit: true,
        keeps_a_copy: false,
        aim: Duration::from_secs(6),
    },
    Expected {
        version: "2026.5.7",
        by: By::Config,
        off: Off { shown: false, reason: &["LMSYNC_OPENCLAW_CONFIG"] },
        merges: false,
        list_is_optional: false,
        heeds_any_edit: true,
        keeps_a_copy: false,
        aim: Duration::from_secs(6),
    },
    Expected {
        version: "2026.7.1",
        by: By::Config,
        off: Off { shown: false, reason: &["LMSYNC_OPENCLAW_CONFIG"] },
        merges: false,
        list_is_optional: true,
        heeds_any_edit: true,
        keeps_a_copy: true,
        aim: Duration::from_secs(1),
    },
    Expected {
        version: "2026.8.1",
        by: By::Config,
        off: Off { shown: true, reason: &["LM_API_TOKEN", "LMSYNC_OPENCLAW_CONFIG=auto"] },
        merges: false,
        list_is_optional: true,
        heeds_any_edit: false,
        keeps_a_copy: false,
        aim: Duration::from_secs(6),
    },
    Expected {
        version: "2026.9.6",
        by: By::Config,
        off: Off { shown: true, reason: &["LM_API_TOKEN", "LMSYNC_OPENCLAW_CONFIG=auto"] },
        merges: true,
        list_is_optional: true,
        heeds_any_edit: true,
        keeps_a_copy: false,
        aim: Duration::from_secs(1),
    },
];

/// What is expected of this version.
pub(crate) fn of(version: &str) -> &'static Expected {
    let row = EXPECTED.iter().find(|row| row.version == version);
    row.unwrap_or_else(|| panic!("OpenClaw {version} is not in the matrix"))
}
