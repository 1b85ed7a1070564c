//! The dependency table: which crate may name which, held against what the manifests say.

use serde_json::Value;

/// What a crate may name beyond the product's own crates.
#[derive(Debug, Clone, Copy)]
enum External {
    /// These alone.
    Only(&'static [&'static str]),
    /// Whatever it needs.
    Any,
}

/// One row of the table.
#[derive(Debug)]
struct Layer {
    package: &'static str,
    product: &'static [&'static str],
    external: External,
}

const DOMAIN: &str = "lmsync-domain";
const HTTP: &str = "lmsync-adapters-http";
const FS: &str = "lmsync-adapters-fs";
const APP: &str = "lmsync-app";
const CONFIG: &str = "lmsync-config";
const JSON: &str = "lmsync-json-text";
const SIMULATOR: &str = "lmsync-simulator";
const BIN: &str = "lmsync";

/// Every package of the workspace. Arrows point inwards: adapters know the domain and nothing of each other.
const LAYERS: [Layer; 9] = [
    // Neither does anything: error derives, and `*` and `?` in a user's rules.
    Layer { package: DOMAIN, product: &[], external: External::Only(&["thiserror", "wildmatch"]) },
    // What both files are edited with.
    Layer { package: JSON, product: &[DOMAIN], external: External::Only(&["serde_json"]) },
    Layer {
        package: HTTP,
        product: &[DOMAIN, JSON],
        external: External::Only(&[
            "base64",
            "bytes",
            "futures-util",
            "http",
            "http-body-util",
            "hyper",
            "hyper-util",
            "ring",
            "rustls",
            "rustls-pki-types",
            "serde",
            "serde_json",
            "thiserror",
            "tokio",
            "tokio-rustls",
            "tokio-tungstenite",
            "tracing",
            "webpki-roots",
        ]),
    },
    Layer {
        package: FS,
        product: &[DOMAIN, JSON],
        external: External::Only(&[
            "humantime",
            "json5",
            "rustix",
            "serde",
            "serde_json",
            "thiserror",
            "tokio",
            "tracing",
            "winapi-util",
            "winsafe",
        ]),
    },
    Layer {
        package: APP,
        product: &[DOMAIN],
        external: External::Only(&["futures-util", "thiserror", "tokio", "tracing"]),
    },
    Layer {
        package: CONFIG,
        product: &[DOMAIN],
        external: External::Only(&["figment", "http", "humantime", "shlex", "strsim", "thiserror", "toml"]),
    },
    // A server for the demo and the tests: nothing but the program's wiring may name it.
    Layer {
        package: SIMULATOR,
        product: &[DOMAIN],
        external: External::Only(&[
            "bytes",
            "futures-util",
            "http",
            "http-body-util",
            "hyper",
            "hyper-util",
            "serde",
            "serde_json",
            "thiserror",
            "tokio",
            "tokio-tungstenite",
        ]),
    },
    Layer { package: BIN, product: &[DOMAIN, HTTP, FS, APP, CONFIG, SIMULATOR], external: External::Any },
    Layer { package: "xtask", product: &[], external: External::Any },
];

/// What the manifests do that the table does not allow, a sentence each. Test dependencies are free.
pub(crate) fn violations(metadata: &Value) -> Vec<String> {
    let packages = list(&metadata["packages"]);
    let product: Vec<&str> = packages.iter().map(|package| text(&package["name"])).collect();
    let mut found = Vec::new();
    for package in packages {
        let name = text(&package["name"]);
        let Some(layer) = LAYERS.iter().find(|layer| layer.package == name) else {
            found.push(format!("{name} has no row in xtask/src/layers.rs"));
            continue;
        };
        for dependency in list(&package["dependencies"]) {
            if dependency["kind"] == "dev" {
                continue;
            }
            let named = text(&dependency["name"]);
            let allowed = if product.contains(&named) {
                layer.product.contains(&named)
            } else {
                match layer.external {
                    External::Only(these) => these.contains(&named),
                    External::Any => true,
                }
            };
            if !allowed {
                found.push(format!("{name} must not depend on {named} (the table is xtask/src/layers.rs)"));
            }
        }
    }
    found
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;
    use serde_json::json;

    fn metadata(package: &str, dependency: &str, kind: Option<&str>) -> Value {
        let crates = [DOMAIN, JSON, HTTP, FS, APP, CONFIG, SIMULATOR, BIN].map(|name| {
            let dependencies = if name == package { json!([{ "name": dependency, "kind": kind }]) } else { json!([]) };
            json!({ "name": name, "dependencies": dependencies })
        });
        json!({ "packages": crates })
    }

    #[test]
    fn this_workspace_keeps_the_table() {
        let workspace = Workspace::load().unwrap();
        assert!(workspace.metadata()["packages"].as_array().unwrap().len() >= LAYERS.len());
        assert_eq!(violations(workspace.metadata()), Vec::<String>::new());
    }

    #[test]
    fn forbidden_edges_are_found() {
        for (package, dependency) in [
            (DOMAIN, "tokio"),
            (DOMAIN, "serde"),
            (DOMAIN, APP),
            (JSON, HTTP),
            (HTTP, FS),
            (HTTP, APP),
            (FS, HTTP),
            (FS, "hyper"),
            (APP, HTTP),
            (APP, FS),
            (APP, BIN),
            (APP, CONFIG),
            (APP, "figment"),
            (CONFIG, APP),
            (CONFIG, "tokio"),
            (HTTP, SIMULATOR),
            (SIMULATOR, HTTP),
        ] {
            let found = violations(&metadata(package, dependency, None));
            assert_eq!(found.len(), 1, "{package} -> {dependency}: {found:?}");
            assert!(found[0].contains(package) && found[0].contains(dependency), "{found:?}");
        }
    }

    #[test]
    fn a_build_dependency_is_an_edge_and_a_test_dependency_is_not() {
        assert_eq!(violations(&metadata(DOMAIN, "tokio", Some("build"))).len(), 1);
        assert!(violations(&metadata(DOMAIN, "tokio", Some("dev"))).is_empty());
    }

    #[test]
    fn allowed_edges_pass() {
        for (package, dependency) in [(DOMAIN, "thiserror"), (APP, DOMAIN), (BIN, FS), (BIN, CONFIG), (BIN, "anything")]
        {
            assert!(violations(&metadata(package, dependency, None)).is_empty(), "{package} -> {dependency}");
        }
    }

    #[test]
    fn a_crate_without_a_row_is_named() {
        let stranger = json!({ "packages": [{ "name": "stranger", "dependencies": [] }] });
        assert_eq!(violations(&stranger).len(), 1);
    }
}
