//! What the program is made of: every crate that is compiled into it, or compiles it, as `Cargo.lock` has it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::workspace::{Workspace, cargo};

/// The crates, in the order of their names; the program's own are among them.
#[derive(Debug)]
pub(crate) struct Dependencies {
    pub(crate) crates: Vec<Crate>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Crate {
    pub(crate) name: String,
    pub(crate) version: String,
    /// An SPDX expression; empty where none is named.
    pub(crate) license: String,
    /// The registry; `None` for one of this workspace.
    pub(crate) source: Option<String>,
    /// The archive's SHA-256, in hexadecimal; `None` for one of this workspace.
    pub(crate) sha256: Option<String>,
    /// The package URLs of what it depends on.
    pub(crate) needs: Vec<String>,
}

impl Crate {
    /// Its package URL.
    pub(crate) fn purl(&self) -> String {
        purl(&self.name, &self.version)
    }
}

fn purl(name: &str, version: &str) -> String {
    format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"))
}

impl Dependencies {
    /// Asks cargo, for this platform, without touching the network or `Cargo.lock`.
    pub(crate) fn of_the_program(workspace: &Workspace, platform: &str) -> Result<Self, String> {
        let output = cargo()
            .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", platform])
            .output()
            .map_err(|error| format!("cannot run cargo metadata: {error}"))?;
        if !output.status.success() {
            return Err(format!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr)));
        }
        let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
        let lock = fs::read_to_string(workspace.root().join("Cargo.lock")).map_err(|error| error.to_string())?;
        Ok(Self::read(&metadata, &checksums(&lock)))
    }

    /// Walks from the program over everything but what only tests need.
    fn read(metadata: &Value, checksums: &BTreeMap<(String, String), String>) -> Self {
        let by_id = |list: &Value| -> BTreeMap<String, Value> {
            list.as_array().into_iter().flatten().map(|item| (text(&item["id"]), item.clone())).collect()
        };
        let (packages, nodes) = (by_id(&metadata["packages"]), by_id(&metadata["resolve"]["nodes"]));
        let program = packages.iter().find(|(_, package)| package["name"] == "lmsync");
        let mut left: Vec<&str> = program.map(|(id, _)| id.as_str()).into_iter().collect();
        let (mut seen, mut crates) = (BTreeSet::new(), Vec::new());
        while let Some(id) = left.pop() {
            let (true, Some(package)) = (seen.insert(id), packages.get(id)) else { continue };
            let edges = nodes.get(id).and_then(|node| node["deps"].as_array()).into_iter().flatten();
            let needed: BTreeSet<&str> =
                edges.filter(|edge| is_needed(edge)).filter_map(|edge| edge["pkg"].as_str()).collect();
            let (name, version) = (text(&package["name"]), text(&package["version"]));
            let purl_of =
                |id: &&str| packages.get(*id).map(|package| purl(&text(&package["name"]), &text(&package["version"])));
            crates.push(Crate {
                sha256: checksums.get(&(name.clone(), version.clone())).cloned(),
                license: text(&package["license"]),
                source: package["source"].as_str().map(str::to_owned),
                needs: needed.iter().filter_map(purl_of).collect(),
                name,
                version,
            });
            left.extend(needed);
        }
        crates.sort();
        Self { crates }
    }
}

/// Whether an edge is there for more than tests.
fn is_needed(edge: &Value) -> bool {
    edge["dep_kinds"].as_array().into_iter().flatten().any(|kind| kind["kind"] != "dev")
}

/// The checksums of a `Cargo.lock`, by name and version.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let field = |entry: &str, name: &str| {
        let line = entry.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \""));
        line.map(|rest| rest.trim_end_matches('"').to_owned())
    };
    let entries = lock.split("[[package]]").skip(1);
    let read = |entry: &str| Some(((field(entry, "name")?, field(entry, "version")?), field(entry, "checksum")?));
    entries.filter_map(read).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_compiled_in_is_found_and_nothing_that_only_tests_need() {
        let workspace = Workspace::load().unwrap();
        let all = Dependencies::of_the_program(&workspace, "x86_64-unknown-linux-gnu").unwrap().crates;
        let find = |name: &str| all.iter().find(|found| found.name == name);
        assert!(find("hyper").is_some_and(|hyper| hyper.sha256.as_ref().is_some_and(|sum| sum.len() == 64)));
        assert!(find("lmsync-domain").is_some_and(|domain| domain.source.is_none()));
        assert!(find("proptest").is_none() && find("xtask").is_none());
    }
}
