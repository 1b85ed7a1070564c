//! A compatibility profile: what a run of OpenClaw's versions has in common.

use super::release::Release;
use std::fmt;

/// What a run of versions has in common. A row of [`super::ERAS`].
#[derive(Debug, PartialEq, Eq)]
pub struct Era {
    /// The first version that it counts for.
    pub since: Release,
    /// The versions that were run with it. What lies between them was read in their code, or is believed.
    pub tried: &'static [&'static str],
    /// What makes a change of models.json visible in the picker.
    pub models_json_shows: Shows,
    /// What the gateway makes of our provider in models.json.
    pub models_json_fate: Fate,
    /// What makes a change of `models.providers.<provider>` in openclaw.json visible in the picker.
    pub config_shows: Shows,
    /// Whether `config.patch` knows `replacePaths`. Without it, lists merge by id, and no row ever goes.
    pub replace_paths: bool,
    /// What authorises a turn, the easiest first. `apiKey` in models.json never does.
    pub credentials: &'static [Credential],
    /// What an auth-profiles.json does.
    pub auth_profiles: AuthProfiles,
    /// What reports inference, the most reliable first.
    pub signals: &'static [Signal],
    /// Which WebSocket identity keeps its scopes on the gateway's own host.
    pub identity: Identity,
}

/// What makes a change visible in the picker of a running gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// The gateway does, by itself.
    AtOnce,
    /// `models.list` with `refresh`.
    Refresh,
    /// `models.list` with `refresh`, while the gateway has no credential for the provider.
    RefreshWithoutCredential,
    /// A restart of the gateway.
    Restart,
    /// Nothing does.
    Nothing,
}

/// What a gateway makes of our provider in models.json.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It stays.
    Kept,
    /// It stays, unless openclaw.json has the provider too: then that one replaces it at the next turn.
    KeptUnlessConfigured,
    /// OpenClaw's own plugin writes over it at the next turn.
    Overwritten,
    /// OpenClaw takes it out at the next turn.
    Removed,
}

/// What authorises a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// The marker `lmstudio-local` as the provider's `apiKey` in openclaw.json, with rows beside it.
    MarkerWithRows,
    /// Any other text as the provider's `apiKey` in openclaw.json.
    Key,
    /// `LM_API_TOKEN` in the gateway's environment.
    Environment,
    /// A profile in auth-profiles.json.
    AuthProfile,
}

/// What an auth-profiles.json does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthProfiles {
    /// It is read.
    Read,
    /// It is not read.
    Ignored,
    /// It breaks the picker or keeps the gateway from starting.
    Harmful,
}

/// What reports inference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// `gateway.restart.preflight`.
    Preflight,
    /// `sessions.list`, which marks the sessions that run.
    Sessions,
    /// The event `agent` of the stream `lifecycle`.
    Lifecycle,
    /// `*.jsonl.lock` beside the sessions.
    LockFiles,
}

/// Who keeps the scopes that it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// `gateway-client` with the token.
    Token,
    /// The same, and with a device key.
    Device,
}

impl Era {
    /// Whether the models can only be shown, and stay shown, through openclaw.json.
    #[must_use]
    pub fn picker_needs_config(&self) -> bool {
        matches!(self.models_json_shows, Shows::Nothing | Shows::RefreshWithoutCredential)
    }

    /// Whether a running gateway shows the models, and shows them at once, where it has been given them for its
    /// configuration, and no other way.
    #[must_use]
    pub fn shows_by_config_alone(&self) -> bool {
        self.picker_needs_config() && self.config_shows == Shows::AtOnce
    }

    /// Whether the schema of openclaw.json, which refuses what it does not know, has `contextTokens` in a row.
    #[must_use]
    pub fn entry_takes_context_tokens(&self) -> bool {
        self.config_shows == Shows::AtOnce
    }

    /// Whether our provider in models.json matters at all.
    #[must_use]
    pub fn models_json_matters(&self) -> bool {
        self.models_json_shows != Shows::Nothing
    }

    /// How often our provider in models.json has to be undone until it is left so, since writing it again achieves
    /// nothing; `None` where no gateway of this era would undo it, so that it is written again for ever.
    #[must_use]
    pub fn undone_until_left(&self) -> Option<usize> {
        match self.models_json_fate {
            Fate::Kept => None,
            // Somebody has put the provider into openclaw.json; or it was a person, who gets a second chance.
            Fate::KeptUnlessConfigured => Some(3),
            Fate::Overwritten | Fate::Removed => Some(1),
        }
    }
}

impl fmt::Display for Shows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AtOnce => "at once, by itself",
            Self::Refresh => "lmsync's refresh",
            Self::RefreshWithoutCredential => "lmsync's refresh, but only while OpenClaw has no credential",
            Self::Restart => "a restart of the gateway",
            Self::Nothing => "nothing",
        })
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kept => "kept",
            Self::KeptUnlessConfigured => "kept, unless openclaw.json has the provider too",
            Self::Overwritten => "overwritten at the next turn",
            Self::Removed => "removed at the next turn",
        })
    }
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MarkerWithRows => "the marker in openclaw.json, beside rows",
            Self::Key => "a key in openclaw.json",
            Self::Environment => "`LM_API_TOKEN` in the gateway's environment",
            Self::AuthProfile => "auth-profiles.json",
        })
    }
}

impl fmt::Display for AuthProfiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Ignored => "not read",
            Self::Harmful => "does harm: never write one",
        })
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Preflight => "`gateway.restart.preflight`",
            Self::Sessions => "`sessions.list`",
            Self::Lifecycle => "`lifecycle` events",
            Self::LockFiles => "`*.jsonl.lock` files",
        })
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "the token",
            Self::Device => "the token and a device key",
        })
    }
}
