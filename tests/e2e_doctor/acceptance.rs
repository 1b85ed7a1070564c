//! The rules for models.json, held against the real registries with a table of variants.

use std::fs;

use adapters_fs::{Reader, refusals};
use serde_json::{Value, json};

use crate::support::openclaw::OpenClaw;

/// A provider that every version takes, with one field of it, or of its model, made another.
fn variants() -> Vec<(String, Value)> {
    let mut all = vec![
        ("whole".to_owned(), file(json!({}), json!({}))),
        ("root-array".to_owned(), json!([])),
        ("root-without-providers".to_owned(), json!({})),
        ("providers-array".to_owned(), json!({ "providers": [] })),
        ("providers-null".to_owned(), json!({ "providers": null })),
        ("generated-by-number".to_owned(), json!({ "providers": {}, "generatedBy": 1 })),
        ("unknown-root-key".to_owned(), json!({ "providers": {}, "note": { "a": 1 } })),
        ("provider-array".to_owned(), json!({ "providers": { "other": [] } })),
        ("provider-empty".to_owned(), json!({ "providers": { "other": {} } })),
        ("provider-url-alone".to_owned(), json!({ "providers": { "other": { "baseUrl": "http://h/v1" } } })),
        ("provider-overrides-alone".to_owned(), json!({ "providers": { "other": { "modelOverrides": { "x": {} } } } })),
    ];
    let odd = [json!(null), json!(""), json!("x"), json!(1), json!(true), json!([]), json!({})];
    let provider_fields = [
        "baseUrl",
        "apiKey",
        "api",
        "headers",
        "authHeader",
        "models",
        "name",
        "auth",
        "compat",
        "modelOverrides",
        "note",
    ];
    let model_fields = [
        "id",
        "name",
        "api",
        "reasoning",
        "input",
        "cost",
        "contextWindow",
        "maxTokens",
        "headers",
        "compat",
        "baseUrl",
        "contextTokens",
        "params",
        "thinkingLevelMap",
        "note",
    ];
    for (index, value) in odd.iter().enumerate() {
        all.extend(
            provider_fields
                .map(|field| (format!("provider-{field}-{index}"), file(json!({ field: value }), json!({})))),
        );
        all.extend(
            model_fields.map(|field| (format!("model-{field}-{index}"), file(json!({}), json!({ field: value })))),
        );
    }
    for field in ["baseUrl", "apiKey", "api"] {
        all.push((format!("provider-without-{field}"), without(file(json!({}), json!({})), None, field)));
    }
    for field in ["id", "name", "input", "cost", "contextWindow", "maxTokens"] {
        all.push((format!("model-without-{field}"), without(file(json!({}), json!({})), Some(()), field)));
    }
    let model = |name: &str, value: Value| (name.to_owned(), file(json!({}), value));
    let provider = |name: &str, value: Value| (name.to_owned(), file(value, json!({})));
    all.extend([
        model("input-audio", json!({ "input": ["text", "audio"] })),
        model("input-document", json!({ "input": ["document"] })),
        model("cost-partial", json!({ "cost": { "input": 0, "output": 0, "cacheRead": 0 } })),
        model("cost-text", json!({ "cost": { "input": "0", "output": 0, "cacheRead": 0, "cacheWrite": 0 } })),
        model("context-negative", json!({ "contextWindow": -1 })),
        model("context-fraction", json!({ "contextWindow": 0.5 })),
        model("max-tokens-zero", json!({ "maxTokens": 0 })),
        model("headers-number", json!({ "headers": { "a": 1 } })),
        model("thinking-levels", json!({ "thinkingLevelMap": { "off": null, "low": "l", "max": 1, "new": 1 } })),
        model("thinking-levels-fine", json!({ "thinkingLevelMap": { "off": null, "low": "l", "new": 1 } })),
        model("compat-odd", json!({ "compat": { "supportsStore": "x", "maxTokensField": "y" } })),
        model("compat-cache", json!({ "compat": { "supportsLongCacheRetention": "x" } })),
        provider("auth-token", json!({ "auth": "token" })),
        provider("no-models", json!({ "models": [] })),
        provider("headers-text", json!({ "headers": { "a": "b" } })),
        provider("headers-null", json!({ "headers": { "a": null } })),
        provider("override-odd", json!({ "modelOverrides": { "x": { "reasoning": "yes" } } })),
        provider("override-cost", json!({ "modelOverrides": { "x": { "cost": { "input": 1 } } } })),
        provider("override-cost-odd", json!({ "modelOverrides": { "x": { "cost": { "input": "1" } } } })),
        provider("model-text", json!({ "models": ["x"] })),
    ]);
    all
}

fn file(provider: Value, model: Value) -> Value {
    let mut row = json!({
        "id": "m", "name": "M", "reasoning": false, "input": ["text"], "contextWindow": 128_000, "maxTokens": 8_192,
        "cost": { "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0 },
    });
    put(&mut row, model);
    let mut other = json!({ "baseUrl": "http://h/v1", "apiKey": "k", "api": "openai-completions", "models": [row] });
    put(&mut other, provider);
    json!({ "providers": { "fine": { "baseUrl": "http://f/v1" }, "other": other } })
}

fn put(into: &mut Value, fields: Value) {
    let Value::Object(fields) = fields else { return };
    into.as_object_mut().unwrap().extend(fields);
}

fn without(mut file: Value, model: Option<()>, field: &str) -> Value {
    let other = &mut file["providers"]["other"];
    let of = if model.is_some() { &mut other["models"][0] } else { other };
    of.as_object_mut().unwrap().remove(field);
    file
}

#[tokio::test]
async fn the_rules_agree_with_both_real_registries() {
    let folder = tempfile::tempdir().unwrap();
    let variants = variants();
    for (name, value) in &variants {
        fs::write(folder.path().join(name), value.to_string()).unwrap();
    }
    // Texts that no JSON value can be.
    let texts = [
        ("lone-surrogate", r#"{"providers": {"other": {"baseUrl": "http://h/\ud800"}}}"#),
        ("duplicate-key", r#"{"providers": {"other": 1, "other": {"baseUrl": "http://h/v1"}}}"#),
    ];
    for (name, text) in texts {
        fs::write(folder.path().join(name), text).unwrap();
    }
    for (openclaw, reader) in [(OpenClaw::oldest(), Reader::Early), (OpenClaw::newest(), Reader::Late)] {
        let real = openclaw.registries(folder.path()).await;
        assert_eq!(real.len(), variants.len() + texts.len());
        let mut wrong = Vec::new();
        let mut refused = 0;
        for (name, registry) in &real {
            let ours = refusals(&fs::read(folder.path().join(name)).unwrap(), reader).unwrap();
            refused += usize::from(registry.error.is_some());
            if registry.error.is_some() == ours.is_empty() {
                wrong.push(format!("{name}: {:?}, and we: {ours:?}", registry.error));
            }
        }
        assert!(wrong.is_empty(), "{}: {} of {}:\n{}", openclaw.version(), wrong.len(), real.len(), wrong.join("\n"));
        crate::support::figure(
            &format!("{}: files of which it refuses {refused}, as we do", openclaw.version()),
            real.len(),
            "all alike",
        );
    }
}
