//! The end-to-end suites, as data: what each needs, and how long it may take.
//!
//! All are modules of `tests/suites.rs`, a `[[test]]` with `test = false` in `crates/bin/Cargo.toml`, so that plain
//! `cargo test` needs nothing but Rust. A new suite is a file in `tests/`, a line there, and a row here.

use std::time::Duration;

use crate::tools::{OPENCLAW_NEW, OPENCLAW_OLD, Tool, openclaw_matrix};
use crate::versions;

/// One suite.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Suite {
    /// The name of its module; what follows a colon names one of several runs of it.
    pub(crate) name: &'static str,
    /// What it cannot run without.
    pub(crate) needs: &'static [Tool],
    /// When it is ended from outside. Its tests have shorter limits of their own.
    pub(crate) limit: Duration,
}

impl Suite {
    /// The name of its module.
    pub(crate) fn module(&self) -> &'static str {
        self.name.split(':').next().unwrap_or(self.name)
    }

    /// Whether it runs at the same time as the others.
    pub(crate) fn runs_beside(&self) -> bool {
        BESIDE.contains(&self.module())
    }
}

/// The suites that run one after the other while all others do so, too: they mostly wait, or compile, and hold nothing
/// against a clock that the others could disturb.
const BESIDE: &[&str] = &["docker", "hostile", "pictures"];

/// Every suite, in the order in which they run: quick ones first.
pub(crate) const ALL: &[Suite] = &[
    Suite { name: "harness", needs: &[], limit: Duration::from_secs(120) },
    Suite { name: "strace", needs: &[Tool::Strace], limit: Duration::from_secs(120) },
    Suite { name: "torture", needs: &[Tool::Strace], limit: Duration::from_secs(400) },
    Suite { name: "disk", needs: &[Tool::Mounts], limit: Duration::from_secs(300) },
    Suite { name: "metrics", needs: &[Tool::Promtool, Tool::Prometheus], limit: Duration::from_secs(120) },
    Suite {
        name: "page",
        needs: &[Tool::Node, Tool::Chromium, Tool::Playwright, Tool::Axe],
        limit: Duration::from_secs(300),
    },
    Suite {
        name: "installers",
        needs: &[Tool::Node, Tool::TreeSitter, Tool::PowershellGrammar, Tool::Ruby],
        limit: Duration::from_secs(120),
    },
    Suite { name: "hostile", needs: &[], limit: Duration::from_secs(300) },
    Suite { name: "e2e_gateway_trouble", needs: &[], limit: Duration::from_secs(300) },
    Suite { name: "hosts", needs: &[Tool::Namespaces], limit: Duration::from_secs(180) },
    Suite { name: "doctor_host", needs: &[Tool::Namespaces], limit: Duration::from_secs(120) },
    Suite { name: "systemd", needs: &[Tool::SystemdAnalyze], limit: Duration::from_secs(120) },
    Suite { name: "service", needs: &[Tool::SystemdUser, Tool::Plistutil], limit: Duration::from_secs(120) },
    Suite { name: "packages", needs: &[Tool::Rpm, Tool::Packages], limit: Duration::from_secs(120) },
    Suite { name: "workflows", needs: &[Tool::Zizmor], limit: Duration::from_secs(300) },
    Suite { name: "kubernetes", needs: &[Tool::KubernetesValidate], limit: Duration::from_secs(300) },
    Suite {
        name: "e2e_servers",
        needs: &[Tool::LiteLlm, Tool::LmProxy, Tool::LlamaCpp],
        limit: Duration::from_secs(300),
    },
    Suite {
        name: "e2e_registries",
        needs: &[Tool::Node, Tool::Aimock, OPENCLAW_NEW, OPENCLAW_OLD],
        limit: Duration::from_secs(600),
    },
    Suite { name: "e2e_config", needs: &[Tool::Node, OPENCLAW_NEW, OPENCLAW_OLD], limit: Duration::from_secs(300) },
    Suite {
        name: "pictures",
        needs: &[Tool::Node, Tool::Chromium, Tool::Playwright, OPENCLAW_NEW],
        limit: Duration::from_secs(600),
    },
    Suite { name: "e2e_gateway_newest", needs: &[Tool::Node, OPENCLAW_NEW], limit: Duration::from_secs(900) },
    Suite {
        name: "e2e_gateway_oldest",
        needs: &[Tool::Node, OPENCLAW_OLD, Tool::Namespaces],
        limit: Duration::from_secs(900),
    },
    Suite { name: "e2e_agents", needs: &[Tool::Node, OPENCLAW_NEW, OPENCLAW_OLD], limit: Duration::from_secs(900) },
    Suite { name: "e2e_doctor", needs: &[Tool::Node, OPENCLAW_NEW, OPENCLAW_OLD], limit: Duration::from_secs(900) },
    Suite { name: "e2e_metadata", needs: &[Tool::Node, OPENCLAW_NEW, OPENCLAW_OLD], limit: Duration::from_secs(900) },
    // What OpenClaw does in its oldest and its newest version; those between are for `cargo xtask matrix`.
    MATRIX[0],
    MATRIX[MATRIX.len() - 1],
    PLUGIN[0],
    PLUGIN[PLUGIN.len() - 1],
    Suite {
        name: "docker",
        needs: &[Tool::Docker, Tool::Node, OPENCLAW_NEW, Tool::NpmPackage],
        // With the statically linked program, which it builds.
        limit: Duration::from_secs(45 * 60),
    },
];

/// What `cargo xtask test` runs only by its name, since it builds what takes minutes, or is for a person to look at.
pub(crate) const BY_NAME: &[Suite] = &[
    Suite {
        name: "images",
        needs: &[Tool::Docker, Tool::DockerRegistry, Tool::Qemu],
        limit: Duration::from_secs(70 * 60),
    },
    Suite {
        name: "states",
        needs: &[Tool::Node, Tool::Chromium, Tool::Playwright, Tool::Axe],
        limit: Duration::from_secs(600),
    },
];

/// What a run of the matrix suite may take, all of its scenarios in full.
const MATRIX_LIMIT: Duration = Duration::from_secs(45 * 60);

/// The matrix suite, once for each OpenClaw that `cargo xtask matrix` runs.
pub(crate) const MATRIX: &[Suite] = &[
    Suite {
        name: "matrix:2026.2.12",
        needs: &[Tool::Node, openclaw_matrix(versions::OPENCLAW_OLD)],
        limit: MATRIX_LIMIT,
    },
    Suite {
        name: "matrix:2026.5.7",
        needs: &[Tool::Node, openclaw_matrix(versions::OPENCLAW_BETWEEN[0])],
        limit: MATRIX_LIMIT,
    },
    Suite {
        name: "matrix:2026.7.1",
        needs: &[Tool::Node, openclaw_matrix(versions::OPENCLAW_BETWEEN[1])],
        limit: MATRIX_LIMIT,
    },
    Suite {
        name: "matrix:2026.8.1",
        needs: &[Tool::Node, openclaw_matrix(versions::OPENCLAW_BETWEEN[2])],
        limit: MATRIX_LIMIT,
    },
    Suite {
        name: "matrix:2026.9.6",
        needs: &[Tool::Node, openclaw_matrix(versions::OPENCLAW_NEW)],
        limit: MATRIX_LIMIT,
    },
];

/// The plugin suite, once for each OpenClaw that `cargo xtask plugin` runs.
pub(crate) const PLUGIN: &[Suite] = &[
    plugin("plugin:2026.2.12", &[openclaw_matrix(versions::OPENCLAW_OLD), NODES[0], NODES[1], NODES[2], NODES[3]]),
    plugin(
        "plugin:2026.4.15",
        &[openclaw_matrix(versions::OPENCLAW_PLUGINS_BETWEEN[0]), NODES[0], NODES[1], NODES[2], NODES[3]],
    ),
    plugin(
        "plugin:2026.6.6",
        &[openclaw_matrix(versions::OPENCLAW_PLUGINS_BETWEEN[1]), NODES[0], NODES[1], NODES[2], NODES[3]],
    ),
    plugin(
        "plugin:2026.8.2",
        &[openclaw_matrix(versions::OPENCLAW_PLUGINS_BETWEEN[2]), NODES[0], NODES[1], NODES[2], NODES[3]],
    ),
    plugin("plugin:2026.9.6", &[openclaw_matrix(versions::OPENCLAW_NEW), NODES[0], NODES[1], NODES[2], NODES[3]]),
];

/// What each run of it needs beside OpenClaw.
const NODES: [Tool; 4] = [Tool::Node, Tool::Node20, Tool::Verdaccio, Tool::NpmPackage];

const fn plugin(name: &'static str, needs: &'static [Tool]) -> Suite {
    Suite { name, needs, limit: Duration::from_secs(20 * 60) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    #[test]
    fn every_suite_is_a_module_and_left_out_of_plain_cargo_test() {
        let workspace = Workspace::load().unwrap();
        let packages = workspace.metadata()["packages"].as_array().unwrap();
        let bin = packages.iter().find(|package| package["name"] == "lmsync").unwrap();
        let is_it = |target: &&serde_json::Value| target["name"] == crate::test::SUITES;
        let target = bin["targets"].as_array().unwrap().iter().find(is_it).unwrap();
        assert_eq!(target["test"], false);
        let root = std::fs::read_to_string(target["src_path"].as_str().unwrap()).unwrap();
        let modules = root.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
        // `windows` runs in Wine, with what that needs (`cross/windows.rs`).
        let mut declared: Vec<&str> = modules.filter(|module| !["support", "windows"].contains(module)).collect();
        let mut listed: Vec<&str> = ALL.iter().chain(BY_NAME).chain(MATRIX).chain(PLUGIN).map(Suite::module).collect();
        declared.sort_unstable();
        listed.sort_unstable();
        listed.dedup();
        assert_eq!(listed, declared);
    }

    #[test]
    fn each_run_of_the_matrix_is_named_after_its_version() {
        for suite in MATRIX.iter().chain(PLUGIN) {
            let versions = suite.needs.iter().filter_map(|tool| match tool {
                Tool::OpenClaw { version, .. } => Some(*version),
                _ => None,
            });
            let named = suite.name.split_once(':').unwrap().1;
            assert_eq!(versions.collect::<Vec<_>>(), [named]);
        }
    }
}
