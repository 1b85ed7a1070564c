//! What `cargo xtask docker` is asked for.

use super::build::OWN_PLATFORM;

/// The options, as given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Options {
    tags: Vec<String>,
    pub(super) push: bool,
    /// Such as `linux/amd64`; none for the engine's own.
    pub(super) platforms: Vec<String>,
    in_docker: bool,
}

impl Options {
    /// Reads the arguments after `docker`.
    pub(super) fn parse(arguments: &[&str]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let (name, attached) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (*argument, None),
            };
            let mut value = || attached.or_else(|| rest.next().copied()).ok_or_else(|| format!("{name} needs a value"));
            match name {
                "--tag" | "-t" => options.tags.push(value()?.to_owned()),
                "--platform" => options.platforms.extend(value()?.split(',').map(str::to_owned)),
                "--push" => options.push = true,
                "--in-docker" => options.in_docker = true,
                _ => return Err(format!("docker does not know {argument}; see `cargo xtask help`")),
            }
        }
        if options.push && options.tags.is_empty() {
            return Err("--push needs a --tag that names a registry, such as ghcr.io/you/lmsync:latest".into());
        }
        Ok(options)
    }

    /// The tags, or those of a build for this machine.
    pub(super) fn tags(&self, version: &str) -> Vec<String> {
        if self.tags.is_empty() {
            return vec!["lmsync:latest".into(), format!("lmsync:{version}")];
        }
        self.tags.clone()
    }

    /// Whether the host's toolchain links the program: where it can, unless --in-docker is given.
    pub(super) fn compiles_here(&self, can: bool) -> bool {
        let is_linked_here = |platform: &String| [OWN_PLATFORM, "linux/arm64"].contains(&platform.as_str());
        // The other platform's image has the configuration of this one's.
        let has_own = self.platforms.is_empty() || self.platforms.iter().any(|platform| platform == OWN_PLATFORM);
        can && !self.in_docker && has_own && self.platforms.iter().all(is_linked_here)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_for_this_machine_is_called_latest_and_by_its_version() {
        let options = Options::parse(&[]).unwrap();
        assert_eq!(options.tags("1.2.3"), ["lmsync:latest", "lmsync:1.2.3"]);
        assert!(options.compiles_here(true) && !options.compiles_here(false));
    }

    #[test]
    fn values_may_be_attached_or_follow() {
        let options = Options::parse(&["--tag=a", "-t", "b", "--platform", "linux/amd64,linux/arm64"]).unwrap();
        assert_eq!(options.tags("1"), ["a", "b"]);
        assert_eq!(options.platforms, ["linux/amd64", "linux/arm64"]);
        assert!(options.compiles_here(true) && !options.compiles_here(false));
        let riscv = Options::parse(&["--platform", "linux/amd64,linux/riscv64"]).unwrap();
        assert!(!riscv.compiles_here(true), "another platform is compiled in its own image");
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (arguments, word) in
            [(&["--tag"][..], "value"), (&["--push"], "--tag"), (&["--frob"], "--frob"), (&["x"], "x")]
        {
            let error = Options::parse(arguments).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }
}
