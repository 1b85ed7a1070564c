//! The commands of a build, decided before any of them runs.

use std::path::PathBuf;

/// What an image is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Context {
    /// A folder with the program and the Dockerfile.
    Prebuilt(PathBuf),
    /// The workspace.
    Source(PathBuf),
}

/// A build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Build {
    pub(super) tags: Vec<String>,
    /// Labels below `org.opencontainers.image.`.
    pub(super) labels: Vec<(&'static str, String)>,
    pub(super) context: Context,
    pub(super) platforms: Vec<String>,
    pub(super) push: bool,
    /// Where an image goes that the engine cannot hold, since it is for several platforms, and that is not pushed.
    pub(super) archive: PathBuf,
}

impl Build {
    /// Whether the engine holds the image afterwards.
    pub(super) fn is_local(&self) -> bool {
        self.platforms.len() < 2
    }

    /// The docker commands, in their order.
    pub(super) fn steps(&self, has_buildx: bool) -> Result<Vec<Vec<String>>, String> {
        let needs = if !self.is_local() {
            Some("an image for several platforms")
        } else if matches!(self.context, Context::Source(_)) {
            Some("compiling in Docker")
        } else {
            None
        };
        if let Some(what) = needs.filter(|_| !has_buildx) {
            return Err(format!(
                "{what} needs buildx, which this docker client lacks (https://docs.docker.com/go/buildx/)"
            ));
        }
        let mut steps = vec![self.build(has_buildx)];
        if self.push && self.is_local() {
            steps.extend(self.tags.iter().map(|tag| vec!["push".to_owned(), tag.clone()]));
        }
        Ok(steps)
    }

    fn build(&self, has_buildx: bool) -> Vec<String> {
        let command: &[&str] = if has_buildx { &["buildx", "build"] } else { &["build"] };
        let mut arguments: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
        let mut pair = |name: &str, value: &str| arguments.extend([name.to_owned(), value.to_owned()]);
        for tag in &self.tags {
            pair("--tag", tag);
        }
        for (name, value) in &self.labels {
            pair("--label", &format!("org.opencontainers.image.{name}={value}"));
        }
        if !self.platforms.is_empty() {
            pair("--platform", &self.platforms.join(","));
        }
        let folder = match &self.context {
            Context::Prebuilt(folder) => {
                pair("--target", "prebuilt");
                folder
            }
            Context::Source(folder) => folder,
        };
        match (has_buildx, self.is_local(), self.push) {
            (false, ..) => {}
            (true, true, _) => arguments.push("--load".into()),
            (true, false, true) => arguments.push("--push".into()),
            (true, false, false) => {
                arguments.push(format!("--output=type=oci,dest={}", self.archive.display()));
            }
        }
        arguments.push(folder.display().to_string());
        arguments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(context: Context, platforms: &[&str], push: bool) -> Build {
        Build {
            tags: vec!["r/lmsync:1".into()],
            labels: vec![("version", "1".into())],
            context,
            platforms: platforms.iter().map(|platform| (*platform).to_owned()).collect(),
            push,
            archive: "/a.tar".into(),
        }
    }

    fn lines(build: &Build, has_buildx: bool) -> Vec<String> {
        build.steps(has_buildx).unwrap().iter().map(|step| step.join(" ")).collect()
    }

    #[test]
    fn a_prebuilt_program_needs_no_buildx() {
        let build = build(Context::Prebuilt("/c".into()), &[], true);
        assert_eq!(
            lines(&build, false),
            [
                "build --tag r/lmsync:1 --label org.opencontainers.image.version=1 --target prebuilt /c",
                "push r/lmsync:1"
            ]
        );
    }

    #[test]
    fn several_platforms_are_pushed_at_once_or_kept_as_an_archive() {
        let context = Context::Source("/s".into());
        let start = "buildx build --tag r/lmsync:1 --label org.opencontainers.image.version=1 \
                     --platform linux/amd64,linux/arm64";
        let both = ["linux/amd64", "linux/arm64"];
        assert_eq!(lines(&build(context.clone(), &both, true), true), [format!("{start} --push /s")]);
        let kept = lines(&build(context, &both, false), true);
        assert_eq!(kept, [format!("{start} --output=type=oci,dest=/a.tar /s")]);
    }

    #[test]
    fn compiling_in_docker_loads_the_image_and_says_that_it_needs_buildx() {
        let build = build(Context::Source("/s".into()), &[], false);
        assert!(lines(&build, true)[0].ends_with("--load /s"));
        assert!(build.steps(false).unwrap_err().contains("buildx"));
    }
}
