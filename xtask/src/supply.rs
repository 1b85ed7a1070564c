//! What the program may be made of: `deny.toml`, held against `Cargo.lock`. The same file serves cargo-deny, which
//! knows more (known weaknesses, from a database that has to be fetched) and is asked as well where it is installed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use toml::de::{DeTable, DeValue};

use crate::dependencies::{Crate, Dependencies};
use crate::targets;
use crate::workspace::{Workspace, cargo, on_path};

/// The rules, as far as they are checked here.
#[derive(Debug)]
struct Rules {
    licenses: Vec<String>,
    banned: Vec<String>,
    twice: Vec<String>,
    registries: Vec<String>,
}

/// What `deny.toml` does not allow, a sentence each.
pub(crate) fn violations(workspace: &Workspace) -> Result<Vec<String>, String> {
    let path = workspace.root().join("deny.toml");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let rules = Rules::read(&text)?;
    let mut found = BTreeSet::new();
    for target in targets::ALL {
        found.extend(rules.broken_by(&Dependencies::of_the_program(workspace, target.triple)?.crates));
    }
    let mut found: Vec<String> = found.into_iter().collect();
    if on_path("cargo-deny").is_some() {
        let status = cargo().args(["deny", "--locked", "check", "bans", "licenses", "sources"]).status();
        match status {
            Ok(status) if status.success() => {}
            _ => found.push("cargo deny finds more".to_owned()),
        }
    }
    Ok(found)
}

impl Rules {
    fn read(text: &str) -> Result<Self, String> {
        let rules = DeTable::parse(text).map_err(|error| format!("deny.toml: {error}"))?;
        let list = |section: &str, key: &str| -> Vec<String> {
            let section = rules.get_ref().get(section).and_then(|section| section.get_ref().as_table());
            let entries = section.and_then(|section| section.get(key)?.get_ref().as_array());
            let entries = entries.into_iter().flatten().map(|entry| entry.get_ref());
            // An entry is a name, or a table with one.
            let name = |entry: &DeValue<'_>| {
                let named = entry.as_table().and_then(|table| table.get("crate")).map(|name| name.get_ref());
                named.unwrap_or(entry).as_str().map(str::to_owned)
            };
            entries.filter_map(name).collect()
        };
        let rules = Self {
            licenses: list("licenses", "allow"),
            banned: list("bans", "deny"),
            twice: list("bans", "skip"),
            registries: list("sources", "allow-registry"),
        };
        if rules.licenses.is_empty() || rules.registries.is_empty() {
            return Err("deny.toml allows no license or no registry".into());
        }
        Ok(rules)
    }

    fn broken_by(&self, crates: &[Crate]) -> Vec<String> {
        let mut found = Vec::new();
        let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for Crate { name, version, license, source, .. } in crates {
            versions.entry(name).or_default().push(version);
            if !self.allows(license) {
                found.push(format!("{name} {version} has the license \"{license}\""));
            }
            if self.banned.contains(name) {
                found.push(format!("{name} {version} is banned"));
            }
            let known = |source: &String| self.registries.iter().any(|known| source.ends_with(known.as_str()));
            if source.as_ref().is_some_and(|source| !known(source)) {
                found.push(format!("{name} {version} is from elsewhere"));
            }
        }
        for (name, versions) in versions.into_iter().filter(|(_, versions)| versions.len() > 1) {
            if !self.twice.iter().any(|skipped| skipped == name) {
                found.push(format!("{name} is there {} times: {}", versions.len(), versions.join(", ")));
            }
        }
        found
    }

    /// Whether an SPDX expression can be met: one of its alternatives has nothing but what is allowed.
    fn allows(&self, license: &str) -> bool {
        let allowed = |name: &str| self.licenses.iter().any(|license| license == name.trim());
        let flat = license.replace('/', " OR ").replace(['(', ')'], "");
        // In what crates use, AND joins alternatives; each side has to be met by itself.
        flat.split(" AND ").all(|side| side.split(" OR ").any(allowed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        Rules::read(
            "[licenses]\nallow = [\"MIT\", \"ISC\"]\n[bans]\ndeny = [{ crate = \"openssl\" }]\nskip = [\"twice\"]\n\
             [sources]\nallow-registry = [\"https://example.org/index\"]\n",
        )
        .unwrap()
    }

    fn named(name: &str, license: &str) -> Crate {
        let source = Some("registry+https://example.org/index".to_owned());
        let (name, license) = (name.to_owned(), license.to_owned());
        Crate { name, version: "1.0.0".into(), license, source, sha256: None, needs: Vec::new() }
    }

    #[test]
    fn what_is_not_allowed_is_named() {
        let other = Crate { version: "2.0.0".into(), ..named("a", "MIT") };
        let elsewhere = Crate { source: Some("git+https://elsewhere".into()), ..named("b", "MIT") };
        let crates = [named("a", "MIT"), other, named("openssl", "MIT"), named("c", "GPL-3.0"), elsewhere];
        assert_eq!(rules().broken_by(&crates).len(), 4, "{:?}", rules().broken_by(&crates));
        assert!(rules().broken_by(&[named("twice", "MIT"), named("twice", "ISC")]).is_empty());
    }

    #[test]
    fn of_alternatives_one_has_to_be_allowed() {
        for (license, allowed) in [
            ("MIT", true),
            ("Apache-2.0 OR MIT", true),
            ("Apache-2.0/MIT", true),
            ("(Apache-2.0 OR MIT) AND ISC", true),
            ("MIT AND GPL-3.0", false),
            ("", false),
        ] {
            assert_eq!(rules().allows(license), allowed, "{license}");
        }
    }

    #[test]
    fn the_program_keeps_the_rules() {
        assert_eq!(violations(&Workspace::load().unwrap()), Ok(Vec::new()));
    }
}
