//! The bill of materials: CycloneDX 1.5, as JSON. The same program gives the same text.

use serde_json::{Value, json};

use crate::dependencies::Crate;

/// The bill of a program with this SHA-256.
pub(super) fn cyclonedx(crates: &[Crate], sha256: &str) -> Value {
    let (program, parts): (Vec<_>, Vec<_>) = crates.iter().partition(|part| part.name == "lmsync");
    let mut metadata = json!({ "lifecycles": [{ "phase": "build" }] });
    if let Some(program) = program.first() {
        let mut component = component(program);
        component["type"] = json!("application");
        component["hashes"] = json!([{ "alg": "SHA-256", "content": sha256 }]);
        metadata["component"] = component;
    }
    let needs = |part: &Crate| json!({ "ref": part.purl(), "dependsOn": part.needs });
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": metadata,
        "components": parts.into_iter().map(component).collect::<Vec<_>>(),
        "dependencies": crates.iter().map(needs).collect::<Vec<_>>(),
    })
}

fn component(part: &Crate) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": part.purl(),
        "name": part.name,
        "version": part.version,
        "purl": part.purl(),
    });
    if !part.license.is_empty() {
        // Crates published long ago write "MIT/Apache-2.0", which is no SPDX expression.
        component["licenses"] = json!([{ "expression": part.license.replace('/', " OR ") }]);
    }
    if let Some(sum) = &part.sha256 {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": sum }]);
    }
    component
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_named_with_its_license_and_checksum() {
        let part = |name: &str, sha256: Option<&str>, needs: &[&str]| Crate {
            name: name.to_owned(),
            version: "1.2.3+x".to_owned(),
            license: "MIT/Apache-2.0".to_owned(),
            source: None,
            sha256: sha256.map(str::to_owned),
            needs: needs.iter().map(|need| (*need).to_owned()).collect(),
        };
        let crates = [part("lmsync", None, &["pkg:cargo/a@1.2.3%2Bx"]), part("a", Some("ab"), &[])];
        let bill = cyclonedx(&crates, "cd");
        assert_eq!(bill["metadata"]["component"]["hashes"][0]["content"], "cd");
        assert_eq!(bill["components"].as_array().unwrap().len(), 1);
        assert_eq!(bill["components"][0]["purl"], "pkg:cargo/a@1.2.3%2Bx");
        assert_eq!(bill["components"][0]["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(bill["dependencies"][0]["dependsOn"][0], bill["components"][0]["bom-ref"]);
    }
}
