//! The schemas in `docs/schemas`, and whether a document is as one says.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// The schema of that name.
pub(crate) fn read_schema(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas");
    serde_json::from_slice(&fs::read(folder.join(name).with_extension("json")).unwrap()).unwrap()
}

/// Asserts that the document is as the schema of that name says: no member more, none less, none of another kind.
#[track_caller]
pub(crate) fn assert_is(document: &Value, name: &str) {
    // The one schema that another one refers to.
    let registry = jsonschema::Registry::new().add("json-schema:///status.json", read_schema("status")).unwrap();
    let registry = registry.prepare().unwrap();
    let validator = jsonschema::options()
        .with_registry(&registry)
        .build(&read_schema(name))
        .unwrap_or_else(|error| panic!("{name} is no schema: {error}"));
    let wrong: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{name}: {wrong:#?} in {document:#}");
}
