//! Which names an agent and a provider may have.

use std::path::{Component, Path};

use domain::acts_on_its_surroundings;

/// Whether that can be an agent's name, which becomes one folder's name and no more.
pub(super) fn is_agent(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    let one_folder = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
    one_folder && !name.contains(['/', '\\']) && !name.chars().any(acts_on_its_surroundings)
}

/// Whether that can be a key below `providers`.
pub(super) fn is_provider(name: &str) -> bool {
    !name.trim().is_empty() && name != "__proto__" && !name.chars().any(acts_on_its_surroundings)
}
