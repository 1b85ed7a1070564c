//! What one answer of `models.list` shows of our provider, and what several show together.

use std::borrow::Cow;
use std::collections::HashSet;
use std::time::Duration;

use domain::ModelId;
use domain::ports::{Expected, Shown};
use serde::Deserialize;

/// The payload of `models.list`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    #[serde(borrow)]
    models: Vec<Row<'a>>,
    #[serde(default, borrow)]
    pending_providers: Vec<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    provider: Option<Cow<'a, str>>,
    available: Option<bool>,
}

/// What one answer shows of our provider.
pub(super) struct View {
    ids: HashSet<String>,
    /// A row says that it could not be used.
    pub(super) unavailable: bool,
    /// The gateway is still collecting our provider's models.
    pub(super) pending: bool,
}

impl View {
    /// Reads the payload of an answer.
    pub(super) fn read(payload: &str, provider: &str) -> Result<Self, serde_json::Error> {
        let listed: Listed<'_> = serde_json::from_str(payload)?;
        let ours = || listed.models.iter().filter(|row| row.provider.as_deref() == Some(provider));
        Ok(Self {
            ids: ours().map(|row| row.id.clone().into_owned()).collect(),
            unavailable: ours().any(|row| row.available == Some(false)),
            pending: listed.pending_providers.iter().any(|name| name == provider),
        })
    }

    pub(super) fn has(&self, id: &ModelId) -> bool {
        self.ids.contains(id.as_str())
    }

    pub(super) fn is_as(&self, expected: &Expected) -> bool {
        expected.present.iter().all(|id| self.has(id)) && !expected.absent.iter().any(|id| self.has(id))
    }
}

/// What several views show together.
pub(super) fn shown(views: &[View], expected: &Expected, took: Duration) -> Shown {
    let is_missing = |id: &&ModelId| views.iter().any(|view| !view.has(id));
    let lingers = |id: &&ModelId| views.iter().any(|view| view.has(id));
    Shown {
        missing: expected.present.iter().filter(is_missing).cloned().collect(),
        lingering: expected.absent.iter().filter(lingers).cloned().collect(),
        models: views.iter().map(|view| view.ids.len()).min().unwrap_or_default(),
        unavailable: views.iter().any(|view| view.unavailable),
        took,
    }
}

/// What two agents' pickers show together.
pub(super) fn together(one: Shown, other: Shown) -> Shown {
    let union = |mut one: Vec<ModelId>, other: Vec<ModelId>| {
        one.extend(other.into_iter().filter(|id| !one.contains(id)).collect::<Vec<_>>());
        one
    };
    Shown {
        models: one.models.min(other.models),
        missing: union(one.missing, other.missing),
        lingering: union(one.lingering, other.lingering),
        unavailable: one.unavailable || other.unavailable,
        took: one.took + other.took,
    }
}
