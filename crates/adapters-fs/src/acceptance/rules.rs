//! The rules, from the root down to one field.

use serde_json::{Map, Value};

/// Which of OpenClaw's readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Up to 2026.7: a provider with models needs an `apiKey`, and only text and images go in.
    Early,
    /// From 2026.8 on.
    Late,
}

/// A thing in the file for which a reader refuses all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where, such as `providers.ollama.models.0.reasoning`; fit to be shown.
    pub place: String,
    /// What is wrong there, as a clause: `must be true or false`.
    pub why: &'static str,
}

const TEXT: &str = "must be a text that is not empty";
const ANY_TEXT: &str = "must be a text";
const SWITCH: &str = "must be true or false";
const NUMBER: &str = "must be a number";
const POSITIVE: &str = "must be more than 0";
const OBJECT: &str = "must be an object";
const ARRAY: &str = "must be an array";
const TEXTS: &str = "must be an object of texts";
const MISSING: &str = "is missing";
const MISSING_WITH_MODELS: &str = "is missing, which a provider with models needs";

/// What was found so far.
pub(super) struct Found {
    reader: Reader,
    pub(super) refusals: Vec<Refusal>,
}

impl Found {
    pub(super) fn new(reader: Reader) -> Self {
        Self { reader, refusals: Vec::new() }
    }

    pub(super) fn root(&mut self, root: &Value) {
        let Some(root) = root.as_object() else { return self.wrong("the top level", OBJECT) };
        if self.reader == Reader::Late {
            self.each("", root, &[("generatedBy", ANY_TEXT)], Value::is_string);
        }
        match root.get("providers") {
            None => self.wrong("providers", MISSING),
            Some(Value::Object(providers)) => {
                for (name, provider) in providers {
                    self.provider(&format!("providers.{}", name.escape_debug()), provider);
                }
            }
            Some(_) => self.wrong("providers", OBJECT),
        }
    }

    fn provider(&mut self, place: &str, provider: &Value) {
        let Some(provider) = provider.as_object() else { return self.wrong(place, OBJECT) };
        self.each(place, provider, &[("baseUrl", TEXT), ("apiKey", TEXT), ("api", TEXT)], is_text);
        self.each(place, provider, &[("headers", TEXTS)], is_texts);
        self.each(place, provider, &[("authHeader", SWITCH)], Value::is_boolean);
        match self.reader {
            Reader::Early => self.overrides(place, provider),
            Reader::Late => {
                self.each(place, provider, &[("name", TEXT)], is_text);
                let modes = [("auth", "must be api-key, aws-sdk, oauth or token")];
                self.each(place, provider, &modes, |value| {
                    matches!(value.as_str(), Some("api-key" | "aws-sdk" | "oauth" | "token"))
                });
                self.compat(place, provider);
            }
        }
        let models = match provider.get("models") {
            None => &[][..],
            Some(Value::Array(models)) => models,
            Some(_) => return self.wrong(&format!("{place}.models"), ARRAY),
        };
        let has = |key: &str| provider.contains_key(key);
        for (index, model) in models.iter().enumerate() {
            self.model(&format!("{place}.models.{index}"), model, has("api"));
        }
        if models.is_empty() {
            let overrides = provider.get("modelOverrides").and_then(Value::as_object);
            if self.reader == Reader::Early && !has("baseUrl") && overrides.is_none_or(Map::is_empty) {
                self.wrong(place, "has neither a baseUrl nor models");
            }
            return;
        }
        let needed: &[_] = match self.reader {
            Reader::Early => &["baseUrl", "apiKey"],
            Reader::Late => &["baseUrl"],
        };
        for key in needed.iter().filter(|key| !has(key)) {
            self.wrong(&format!("{place}.{key}"), MISSING_WITH_MODELS);
        }
    }

    fn model(&mut self, place: &str, model: &Value, provider_has_api: bool) {
        let Some(model) = model.as_object() else { return self.wrong(place, OBJECT) };
        if !model.contains_key("id") {
            self.wrong(&format!("{place}.id"), MISSING);
        }
        if !provider_has_api && !model.contains_key("api") {
            self.wrong(&format!("{place}.api"), "is missing, here and at the provider");
        }
        self.each(place, model, &[("id", TEXT), ("api", TEXT)], is_text);
        self.described(place, model);
        self.cost(place, model, true);
        for key in ["contextWindow", "maxTokens"] {
            if model.get(key).and_then(Value::as_f64).is_some_and(|number| number <= 0.0) {
                self.wrong(&format!("{place}.{key}"), POSITIVE);
            }
        }
        if self.reader == Reader::Late {
            self.each(place, model, &[("baseUrl", TEXT)], is_text);
            self.each(place, model, &[("contextTokens", NUMBER)], Value::is_number);
            self.each(place, model, &[("params", OBJECT)], Value::is_object);
            self.each(place, model, &[("thinkingLevelMap", "must be an object of texts and null")], is_levels);
        }
    }

    /// What a model and an override of one have in common.
    fn described(&mut self, place: &str, model: &Map<String, Value>) {
        self.each(place, model, &[("name", TEXT)], is_text);
        self.each(place, model, &[("reasoning", SWITCH)], Value::is_boolean);
        self.each(place, model, &[("contextWindow", NUMBER), ("maxTokens", NUMBER)], Value::is_number);
        self.each(place, model, &[("headers", TEXTS)], is_texts);
        let (inputs, why): (&[_], _) = match self.reader {
            Reader::Early => (&["text", "image"], "must list text and image alone"),
            Reader::Late => (&["text", "image", "audio", "video"], "must list text, image, audio and video alone"),
        };
        self.each(place, model, &[("input", why)], |value| {
            let known = |item: &Value| item.as_str().is_some_and(|input| inputs.contains(&input));
            value.as_array().is_some_and(|items| items.iter().all(known))
        });
        self.compat(place, model);
    }

    /// In a model's own cost nothing may be missing; in an override of one anything may.
    fn cost(&mut self, place: &str, model: &Map<String, Value>, whole: bool) {
        let place = format!("{place}.cost");
        let cost = match model.get("cost") {
            None => return,
            Some(Value::Object(cost)) => cost,
            Some(_) => return self.wrong(&place, OBJECT),
        };
        for key in ["input", "output", "cacheRead", "cacheWrite"] {
            match cost.get(key) {
                None if whole => self.wrong(&format!("{place}.{key}"), MISSING),
                Some(price) if !price.is_number() => self.wrong(&format!("{place}.{key}"), NUMBER),
                _ => {}
            }
        }
    }

    fn overrides(&mut self, place: &str, provider: &Map<String, Value>) {
        let place = format!("{place}.modelOverrides");
        let overrides = match provider.get("modelOverrides") {
            None => return,
            Some(Value::Object(overrides)) => overrides,
            Some(_) => return self.wrong(&place, OBJECT),
        };
        for (id, model) in overrides {
            let place = format!("{place}.{}", id.escape_debug());
            match model.as_object() {
                None => self.wrong(&place, OBJECT),
                Some(model) => {
                    self.described(&place, model);
                    self.cost(&place, model, false);
                }
            }
        }
    }

    /// Of the shapes that `compat` may have, the loosest asks for this alone.
    fn compat(&mut self, place: &str, of: &Map<String, Value>) {
        self.each(place, of, &[("compat", OBJECT)], Value::is_object);
        if self.reader == Reader::Late
            && let Some(compat) = of.get("compat").and_then(Value::as_object)
        {
            let place = format!("{place}.compat");
            self.each(&place, compat, &[("supportsLongCacheRetention", SWITCH)], Value::is_boolean);
        }
    }

    /// Each of these fields, where it is there, has to be as `is` says.
    fn each(
        &mut self,
        place: &str,
        of: &Map<String, Value>,
        fields: &[(&str, &'static str)],
        is: impl Fn(&Value) -> bool,
    ) {
        for (key, why) in fields {
            if of.get(*key).is_some_and(|value| !is(value)) {
                self.wrong(&[place, if place.is_empty() { "" } else { "." }, key].concat(), why);
            }
        }
    }

    fn wrong(&mut self, place: &str, why: &'static str) {
        self.refusals.push(Refusal { place: place.to_owned(), why });
    }
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

fn is_texts(value: &Value) -> bool {
    value.as_object().is_some_and(|texts| texts.values().all(Value::is_string))
}

fn is_levels(value: &Value) -> bool {
    const LEVELS: [&str; 7] = ["off", "minimal", "low", "medium", "high", "xhigh", "max"];
    let fine = |level: &str| value.get(level).is_none_or(|value| value.is_string() || value.is_null());
    value.is_object() && LEVELS.into_iter().all(fine)
}
