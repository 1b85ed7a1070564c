//! How hard a torture tries: briefly in `cargo xtask test`, at full count in `cargo xtask torture`.

use std::time::Duration;

/// Whether this is the long form.
pub(crate) fn long() -> bool {
    super::given("LMSYNC_TORTURE").is_some_and(|form| form.as_os_str() == "long")
}

/// So many rounds in the quick form, so many in the long one.
pub(crate) fn rounds(quick: usize, full: usize) -> usize {
    if long() { full } else { quick }
}

/// Such a time in the quick form, such a one in the long one.
pub(crate) fn time(quick: Duration, full: Duration) -> Duration {
    if long() { full } else { quick }
}
