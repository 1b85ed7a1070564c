//! Which keys of lmsync.toml name a secret.

use crate::settings_table::{SETTINGS, Setting};

/// Whether a key's name is that of a secret, as `key`, `api_key` and `OPENAI_API_KEY` are.
pub(super) fn is_secret_name(key: &str) -> bool {
    secret_named(&key.to_ascii_uppercase().replace('-', "_")).is_some()
}

/// The secret whose variable ends in that word or those words.
pub(super) fn secret_named(words: &str) -> Option<&'static Setting> {
    let ends_so =
        |variable: &str| variable.strip_suffix(words).is_some_and(|before| before.is_empty() || before.ends_with('_'));
    SETTINGS.iter().filter(|setting| setting.is_secret()).find(|setting| ends_so(setting.variable))
}
