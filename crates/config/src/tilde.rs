//! Paths that begin with `~`.

/// What follows `~` and its separator, a backslash on every system too, as OpenClaw has it. `None` for any other path.
pub(crate) fn below_tilde(path: &str) -> Option<&str> {
    let rest = path.strip_prefix('~')?;
    let is_home = rest.is_empty() || rest.starts_with(['/', '\\']);
    is_home.then(|| rest.trim_start_matches(['/', '\\']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilde_means_home_before_a_separator_and_alone() {
        for (path, rest) in [("~", Some("")), ("~/a/b", Some("a/b")), (r"~\a", Some("a")), ("~you", None), ("/a", None)]
        {
            assert_eq!(below_tilde(path), rest, "{path}");
        }
    }
}
