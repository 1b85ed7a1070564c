//! The commands of a build, decided before any of them runs.

use std::path::{Path, PathBuf};

/// The platform whose image Docker's builder makes of a program that was linked here.
pub(super) const OWN_PLATFORM: &str = "linux/amd64";

/// What an image is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Context {
    /// A folder that has one for each architecture, such as `amd64`, with the program and the Dockerfile.
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

/// One step of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A docker command.
    Docker(Vec<String>),
    /// An image of the program in `folder`, with the configuration of the image `from`. The engine's own builder makes
    /// images from scratch for its own architecture alone.
    Derive { from: String, tags: Vec<String>, folder: PathBuf, architecture: String },
}

/// The architecture of a platform such as `linux/amd64`.
pub(super) fn architecture(platform: &str) -> &str {
    platform.rsplit_once('/').map_or(platform, |(_, architecture)| architecture)
}

/// What the image of one architecture is called beside the one for all.
fn tag_for(tag: &str, platform: &str) -> String {
    format!("{tag}-{}", architecture(platform))
}

impl Build {
    /// Whether the engine holds the image afterwards.
    pub(super) fn is_local(&self) -> bool {
        self.platforms.len() < 2 || matches!(self.context, Context::Prebuilt(_))
    }

    /// A tag of each image that the engine holds afterwards.
    pub(super) fn local_tags(&self) -> Vec<String> {
        let Some(tag) = self.tags.first() else { return Vec::new() };
        if self.platforms.len() > 1 {
            return self.platforms.iter().map(|platform| tag_for(tag, platform)).collect();
        }
        vec![tag.clone()]
    }

    /// The docker commands, in their order.
    pub(super) fn steps(&self, has_buildx: bool) -> Result<Vec<Step>, String> {
        let several = self.platforms.len() > 1;
        let folder = match &self.context {
            Context::Prebuilt(folder) if several => return Ok(self.steps_for_several(has_buildx, folder)),
            Context::Prebuilt(folder) => {
                &folder.join(architecture(self.platforms.first().map_or("amd64", String::as_str)))
            }
            Context::Source(_) if !has_buildx => {
                let what = if several { "an image for several platforms" } else { "an image that Docker compiles" };
                return Err(format!(
                    "{what} needs buildx, which this docker client lacks (https://docs.docker.com/go/buildx/)"
                ));
            }
            Context::Source(folder) => folder,
        };
        let mut steps = vec![Step::Docker(self.build(has_buildx, &self.tags, &self.platforms, folder))];
        if self.push && self.is_local() {
            steps.extend(self.tags.iter().map(|tag| push(tag)));
        }
        Ok(steps)
    }

    /// An image for each platform, under a tag of its own; where they are pushed, the registry has a list of them under
    /// the tag itself.
    fn steps_for_several(&self, has_buildx: bool, folder: &Path) -> Vec<Step> {
        let tags_for = |platform: &str| -> Vec<String> { self.tags.iter().map(|tag| tag_for(tag, platform)).collect() };
        let own = tags_for(OWN_PLATFORM);
        let own_folder = folder.join(architecture(OWN_PLATFORM));
        let mut steps = vec![Step::Docker(self.build(has_buildx, &own, &[OWN_PLATFORM.to_owned()], &own_folder))];
        for platform in self.platforms.iter().filter(|platform| *platform != OWN_PLATFORM) {
            let architecture = architecture(platform).to_owned();
            let (from, folder) = (own.first().cloned().unwrap_or_default(), folder.join(&architecture));
            steps.push(Step::Derive { from, tags: tags_for(platform), folder, architecture });
        }
        for tag in self.tags.iter().filter(|_| self.push) {
            let parts: Vec<String> = self.platforms.iter().map(|platform| tag_for(tag, platform)).collect();
            steps.extend(parts.iter().map(|part| push(part)));
            let manifest = |task: &str, option: &str| {
                // As the engine does, the client takes a registry on this machine without TLS.
                let insecure = is_on_this_machine(tag).then_some("--insecure");
                let words = ["manifest", task, option].into_iter().chain(insecure).chain([tag.as_str()]);
                words.map(str::to_owned).collect::<Vec<_>>()
            };
            steps.push(Step::Docker([manifest("create", "--amend"), parts].concat()));
            steps.push(Step::Docker(manifest("push", "--purge")));
        }
        steps
    }

    fn build(&self, has_buildx: bool, tags: &[String], platforms: &[String], folder: &Path) -> Vec<String> {
        let command: &[&str] = if has_buildx { &["buildx", "build"] } else { &["build"] };
        let mut arguments: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
        let mut pair = |name: &str, value: &str| arguments.extend([name.to_owned(), value.to_owned()]);
        for tag in tags {
            pair("--tag", tag);
        }
        for (name, value) in &self.labels {
            pair("--label", &format!("org.opencontainers.image.{name}={value}"));
        }
        if !platforms.is_empty() {
            pair("--platform", &platforms.join(","));
        }
        if matches!(self.context, Context::Prebuilt(_)) {
            pair("--target", "prebuilt");
            // An engine with containerd's image store keeps an image and its provenance as a list, and `docker manifest
            // create` takes no list.
            arguments.extend(has_buildx.then(|| "--provenance=false".into()));
        }
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

fn push(tag: &str) -> Step {
    Step::Docker(vec!["push".to_owned(), tag.to_owned()])
}

fn is_on_this_machine(tag: &str) -> bool {
    ["127.", "localhost:", "localhost/"].iter().any(|start| tag.starts_with(start))
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
        let show = |step: &Step| match step {
            Step::Docker(arguments) => arguments.join(" "),
            Step::Derive { from, tags, folder, architecture } => {
                format!("{architecture} image {} of {} like {from}", tags.join(" "), folder.display())
            }
        };
        build.steps(has_buildx).unwrap().iter().map(show).collect()
    }

    #[test]
    fn a_prebuilt_program_needs_no_buildx() {
        let build = build(Context::Prebuilt("/c".into()), &[], true);
        assert_eq!(
            lines(&build, false),
            [
                "build --tag r/lmsync:1 --label org.opencontainers.image.version=1 --target prebuilt /c/amd64",
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

    #[test]
    fn prebuilt_programs_for_several_platforms_need_no_buildx_and_become_a_list_in_the_registry() {
        let both = ["linux/amd64", "linux/arm64"];
        let mut build = build(Context::Prebuilt("/c".into()), &both, true);
        assert_eq!(
            lines(&build, false),
            [
                "build --tag r/lmsync:1-amd64 --label org.opencontainers.image.version=1 --platform linux/amd64 \
                 --target prebuilt /c/amd64",
                "arm64 image r/lmsync:1-arm64 of /c/arm64 like r/lmsync:1-amd64",
                "push r/lmsync:1-amd64",
                "push r/lmsync:1-arm64",
                "manifest create --amend r/lmsync:1 r/lmsync:1-amd64 r/lmsync:1-arm64",
                "manifest push --purge r/lmsync:1",
            ]
        );
        build.tags = vec!["127.0.0.1:5000/l:1".into()];
        assert!(lines(&build, true)[0].ends_with("--target prebuilt --provenance=false --load /c/amd64"));
        let last = lines(&build, false).pop().unwrap();
        assert_eq!(last, "manifest push --purge --insecure 127.0.0.1:5000/l:1");
        build.push = false;
        assert_eq!(lines(&build, false).len(), 2);
    }
}
