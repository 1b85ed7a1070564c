//! What the keys of real lists say, and what nonsense costs.

use proptest::prelude::*;

use super::*;

/// What an entry with these members says.
fn said(members: &str) -> ModelFacts {
    let value = format!(r#"{{"id":"m",{members}}}"#);
    serde_json::from_str::<serde::de::IgnoredAny>(&value).unwrap();
    Entry::read(&value).unwrap().facts("m").unwrap_or_default()
}

#[test]
fn each_key_says_its_fact() {
    let price = Price::per_token(0.000_002_5);
    for key in &LISTED {
        let value = match key.fact {
            _ if key.path == "status.args" => r#"["--model","m.gguf","--ctx-size","5000"]"#,
            _ if key.path == "providers" => r#"[{"context_length":9000},{"context_length":5000},{}]"#,
            _ if key.path == "active" => "false",
            Fact::MaxContext | Fact::LoadedContext | Fact::MaxOutput => "5000",
            Fact::Vision => r#"["vision","image"]"#,
            Fact::Reasoning => r#"["thinking","reasoning"]"#,
            Fact::Kind => r#"["embedding"]"#,
            Fact::DisplayName => r#""M""#,
            Fact::Failed if key.path == "status.value" => r#""failed""#,
            Fact::Failed => "true",
            Fact::InputPrice | Fact::OutputPrice if key.path.ends_with(".usd") => "2.5",
            Fact::InputPrice | Fact::OutputPrice | Fact::CacheReadPrice | Fact::CacheWritePrice => r#""0.0000025""#,
        };
        let names: Vec<&str> = key.path.split('.').rev().collect();
        let nested = names.iter().fold(value.to_owned(), |value, name| format!(r#"{{"{name}":{value}}}"#));
        let facts = said(&nested[1..nested.len() - 1]);
        let has = match key.fact {
            Fact::MaxContext => facts.max_context == Some(5000),
            Fact::LoadedContext => facts.loaded_context == Some(5000),
            Fact::MaxOutput => facts.max_output == Some(5000),
            Fact::Vision => facts.vision == Some(true),
            Fact::Reasoning => facts.reasoning == Some(true),
            Fact::Kind => facts.kind == Some(ModelKind::Embedding),
            Fact::DisplayName => facts.name.as_deref() == Some("M"),
            Fact::Failed => facts.failed == Some(true),
            Fact::InputPrice => facts.prices.input == price,
            Fact::OutputPrice => facts.prices.output == price,
            Fact::CacheReadPrice => facts.prices.cache_read == price,
            Fact::CacheWritePrice => facts.prices.cache_write == price,
        };
        assert!(has, "{key:?}: {facts:?}");
        assert_eq!(facts.key(key.fact), key);
    }
}

#[test]
fn nonsense_costs_that_fact_alone() {
    for odd in ["0", "-1", "1e30", "4096.5", "\"4096\"", "true", "[]", "{}", "null", "\"\\ud800\"", "9007199254740992"]
    {
        for key in LISTED.iter().filter(|key| matches!(key.fact, Fact::MaxContext) && !key.path.contains('.')) {
            let facts = said(&format!(r#""{}":{odd},"max_model_len":4096"#, key.path));
            assert_eq!((facts.max_context, facts.loaded_context), (None, Some(4096)), "{} {odd}", key.path);
        }
    }
    for odd in ["-1", "1e30", r#""free""#, "true", "{}", "null", "1e-300", r#""nan""#, r#""""#] {
        let prices = said(&format!(r#""pricing":{{"prompt":{odd},"completion":"0.000001"}}"#)).prices;
        assert_eq!((prices.input, prices.output), (None, Price::per_token(0.000_001)), "{odd}");
    }
    let prices = said(r#""pricing":{"prompt":"0","completion":0.0}"#).prices;
    assert_eq!((prices.is_priced(), prices.input), (Some(false), Price::per_token(0.0)));
    // Per million tokens, as Together and Chutes have it.
    assert_eq!(said(r#""providers":[{"context_length":0},{},7],"context_length":4096"#).max_context, Some(4096));
    assert_eq!(said(r#""pricing":{"input":0.88,"output":0.88}"#).prices.input, Some(Price::Unclear));
    assert_eq!(said(r#""name":"m","display_name":"\u200b""#).name, None);
    assert_eq!(said(r#""status":{"args":["-c"]}"#), ModelFacts::default());
    assert_eq!(said(r#""status":{"args":["-c","0"],"value":"loaded"}"#), ModelFacts::default());
}

#[test]
fn of_several_numbers_the_smallest_counts_and_is_named() {
    let facts =
        said(r#""context_length":1000000,"top_provider":{"context_length":200000,"max_completion_tokens":null}"#);
    assert_eq!(facts.max_context, Some(200_000));
    assert_eq!(facts.key(Fact::MaxContext).path, "top_provider.context_length");
    let facts = said(r#""meta":{"n_ctx":16384,"n_ctx_train":131072},"max_model_len":32768"#);
    assert_eq!((facts.max_context, facts.loaded_context), (Some(131_072), Some(16_384)));
}

#[test]
fn capabilities_are_lists_or_flags() {
    for (members, vision, reasoning, kind) in [
        (r#""capabilities":["completion","multimodal"]"#, Some(true), None, Some(ModelKind::Chat)),
        (
            r#""capabilities":{"vision":true,"reasoning":false,"completion_chat":true}"#,
            Some(true),
            None,
            Some(ModelKind::Chat),
        ),
        (r#""capabilities":{"vision":false,"completion_chat":false}"#, None, None, Some(ModelKind::Other)),
        (
            r#""architecture":{"input_modalities":["text"],"output_modalities":["text"]}"#,
            Some(false),
            None,
            Some(ModelKind::Chat),
        ),
        (r#""architecture":{"output_modalities":["image"]}"#, None, None, Some(ModelKind::Image)),
        (r#""supported_parameters":["tools","reasoning"]"#, None, Some(true), None),
        (r#""labels":["image"]"#, None, None, Some(ModelKind::Image)),
        (r#""labels":["vision","tool-calling","reasoning"]"#, Some(true), Some(true), Some(ModelKind::Chat)),
        (r#""type":"model""#, None, None, None),
        (r#""supports_chat":false,"kind":"HF_BASE_MODEL""#, None, None, Some(ModelKind::Other)),
        (r#""supports_chat":true,"kind":"EMBEDDING_MODEL""#, None, None, Some(ModelKind::Embedding)),
        (r#""capabilities":["embed"]"#, None, None, Some(ModelKind::Embedding)),
        (r#""features":["function-calling","reasoning"],"input_modalities":["text"]"#, Some(false), Some(true), None),
        (r#""mode":"audio_speech""#, None, None, Some(ModelKind::Speech)),
    ] {
        let facts = said(members);
        assert_eq!((facts.vision, facts.reasoning, facts.kind), (vision, reasoning, kind), "{members}");
    }
}

/// Members that state each fact, by keys of which none is a part of another's path.
const SENSIBLE: [(&str, &str); 11] = [
    ("max_model_len", "4096"),
    ("context_length", "8192"),
    ("max_output_tokens", "512"),
    ("supports_vision", "true"),
    ("supports_reasoning", "true"),
    ("mode", r#""chat""#),
    ("display_name", r#""N""#),
    ("active", "true"),
    ("input_cost_per_token", "0.000001"),
    ("output_cost_per_token", r#""0.000002""#),
    ("pricing", r#"{"input_cache_read":"1e-7","input_cache_write":"2e-6"}"#),
];

proptest! {
    #[test]
    fn nonsense_below_any_key_changes_nothing_else(
        key in proptest::sample::select(&LISTED[..]),
        odd in proptest::sample::select(&[
            "-1", "-0.5", "1e30", "null", "{}", "[]", "[[]]", "[{}]", r#""""#, r#""\u0007""#, r#""\ud800""#,
        ][..]),
        first in any::<bool>(),
    ) {
        let name = key.path.split('.').next().unwrap();
        let sensible = SENSIBLE.iter().filter(|(sensible, _)| *sensible != name);
        let sensible: Vec<String> = sensible.map(|(name, value)| format!(r#""{name}":{value}"#)).collect();
        let sensible = sensible.join(",");
        let nested = key.path.split('.').rev().fold(odd.to_owned(), |value, name| format!(r#"{{"{name}":{value}}}"#));
        let odd = &nested[1..nested.len() - 1];
        let both = if first { format!("{odd},{sensible}") } else { format!("{sensible},{odd}") };
        prop_assert_eq!(said(&both), said(&sensible));
    }

    #[test]
    fn what_an_entry_says_changes_nothing_of_which_models_there_are(
        key in proptest::sample::select(&LISTED[..]),
        value in prop_oneof![
            "[0-9]{1,30}", "-?[0-9]{1,3}e[0-9]{1,3}", Just("null".to_owned()), Just("[[1],{\"a\":2}]".to_owned()),
            "\"[a-z_]{0,12}\"", Just("{\"vision\":1,\"x\":true}".to_owned()),
        ],
    ) {
        let nested = key.path.split('.').rev().fold(value, |value, name| format!(r#"{{"{name}":{value}}}"#));
        let body = format!(r#"{{"data":[{{"id":"m",{}}},{{"id":"n"}}]}}"#, &nested[1..nested.len() - 1]);
        let listing = crate::read_listing(body.as_bytes());
        // A number of a million digits is no JSON for this reader; nothing else is refused.
        if let Ok(listing) = listing {
            let ids: Vec<&str> = listing.ids().iter().map(domain::ModelId::as_str).collect();
            prop_assert_eq!(ids, ["m", "n"]);
            prop_assert!(listing.incomplete().is_none() && listing.facts().iter().all(|(id, _)| id.as_str() == "m"));
            for (_, facts) in listing.facts().iter() {
                for tokens in [facts.max_context, facts.loaded_context, facts.max_output].into_iter().flatten() {
                    prop_assert!((1..1 << 53).contains(&tokens));
                }
            }
        }
    }
}
