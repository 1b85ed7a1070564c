//! The user's own list of the models that OpenClaw may use, which hides all others.

use crate::ModelId;

/// An allowlist in openclaw.json.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowlist {
    /// The key below which it stands.
    pub place: &'static str,
    /// Its entries: `provider/id`, or `provider/*`.
    pub entries: Vec<String>,
}

impl Allowlist {
    /// Which of a provider's models it does not let in.
    #[must_use]
    pub fn hides<'a>(&self, provider: &str, ids: impl IntoIterator<Item = &'a ModelId>) -> Vec<ModelId> {
        let lets_in = |id: &ModelId| {
            let name = format!("{provider}/{id}");
            self.entries.iter().any(|entry| match entry.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => *entry == name,
            })
        };
        ids.into_iter().filter(|id| !lets_in(id)).cloned().collect()
    }

    /// What lets a provider's models in.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        if self.place.ends_with(".allow") {
            "add \"<provider>/*\" to that list"
        } else {
            "add \"<provider>/<id>\": {} there for each model"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_lets_a_whole_provider_in_and_a_name_one_model() {
        let ids = ["a", "b/c"].map(|id| ModelId::new(id).unwrap());
        let hides = |entries: &[&str]| {
            let entries = entries.iter().map(|entry| (*entry).to_owned()).collect();
            Allowlist { place: "agents.defaults.modelPolicy.allow", entries }.hides("lmstudio", &ids).len()
        };
        assert_eq!(hides(&["lmstudio/*"]), 0);
        assert_eq!(hides(&["*"]), 0);
        assert_eq!(hides(&["lmstudio/b/c", "openai/a"]), 1);
        assert_eq!(hides(&["openai/*"]), 2);
    }
}
