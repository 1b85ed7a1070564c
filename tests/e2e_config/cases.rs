//! The configurations that are read.

/// A configuration: its files below the state folder, and the variables that it may name.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) files: &'static [(&'static str, &'static str)],
    pub(crate) environment: &'static [(&'static str, &'static str)],
}

const fn one(name: &'static str, files: &'static [(&'static str, &'static str)]) -> Case {
    Case { name, files, environment: &[] }
}

const fn set(
    name: &'static str,
    environment: &'static [(&'static str, &'static str)],
    files: &'static [(&'static str, &'static str)],
) -> Case {
    Case { name, files, environment }
}

/// A provider's entry at this address.
macro_rules! at {
    ($url:literal) => {
        concat!("{models: {providers: {lmstudio: {baseUrl: '", $url, "', api: 'openai-completions', models: []}}}}")
    };
}

/// What stands below `agents`.
macro_rules! agents {
    ($text:literal) => {
        &[("openclaw.json", concat!("{agents: ", $text, "}"))]
    };
}

pub(crate) const CASES: &[Case] = &[
    one("empty", &[("openclaw.json", "{}")]),
    one(
        "comments",
        &[("openclaw.json", "\u{feff}// mine\n{gateway: {port: 0x4a38, /* x */ auth: {token: 'a\\\nb'},},}")],
    ),
    one("surrogates", &[("openclaw.json", r#"{"gateway": {"auth": {"token": "\ud83e\udd9e\u00e9"}}}"#)]),
    one(
        "half-a-surrogate",
        &[(
            "openclaw.json",
            r#"{"gateway": {"port": 7, "auth": {"token": "a"}}, "ui": {"assistant": {"name": "\ud83e"}}}"#,
        )],
    ),
    one("escapes", &[("openclaw.json", r"{gateway: {auth: {token: 'a\x41\v\0\q'}, port: +7}}")]),
    one("separators", &[("openclaw.json", "{gateway: {auth: {token: \"a\u{2028}b\"}}}\u{a0}")]),
    one("a-port-that-is-a-fraction-of-one", &[("openclaw.json", "{gateway: {port: 18789.0}}")]),
    one("a-port-with-an-exponent", &[("openclaw.json", "{gateway: {port: 1.8e4}}")]),
    one("a-key-twice", &[("openclaw.json", "{gateway: {port: 1}, gateway: {port: 2}}")]),
    one(
        "an-include-in-a-list",
        &[
            ("openclaw.json", "{agents: {list: [{$include: './a.json'}, {id: 'b'}]}}"),
            ("a.json", "{id: 'a', default: true}"),
        ],
    ),
    one("an-include-of-nothing", &[("openclaw.json", "{$include: [], gateway: {port: 4}}")]),
    one(
        "includes-behind-a-link",
        &[("openclaw.json", "{gateway: {$include: 'sub/../a.json'}}"), ("a.json", "{port: 8}")],
    ),
    one("a-map-with-a-bare-id", agents!("{defaults: {models: {'gemma-3': {}}}}")),
    one(
        "provider-in-another-case",
        &[("openclaw.json", "{models: {providers: {LMStudio: {baseUrl: 'http://h/v1', models: []}}}}")],
    ),
    one("broken", &[("openclaw.json", "{ oops")]),
    one("a-list", &[("openclaw.json", "[]")]),
    one("mode", &[("openclaw.json", "{models: {mode: 'replace', providers: {}}}")]),
    // The agents.
    one("default-agent", &[("openclaw.json", include_str!("../cases/35-openclaw-default-agent-not-main.json"))]),
    one("agentdir", &[("openclaw.json", include_str!("../cases/36-openclaw-agentdir.json"))]),
    one("list-without-default", agents!("{list: [{id: 'a'}, {id: 'b'}]}")),
    one("odd-ids", agents!("{list: [{id: ' My Agent! '}]}")),
    one("empty-list", agents!("{list: []}")),
    one("entries", agents!("{entries: {jarvis: {default: true}, coder: {agentDir: '~/x'}}}")),
    one("explicit", agents!("{ownership: 'explicit', entries: {b: {}, a: {agentDir: '/tmp/a'}}}")),
    one("empty-entries", agents!("{entries: {}}")),
    one("entries-and-list", agents!("{entries: {e: {}}, list: [{id: 'l'}]}")),
    set("agentdir-variable", &[("DIR", "/srv/agents")], agents!("{list: [{id: 'main', agentDir: '${DIR}/main'}]}")),
    // Default models.
    one("model", agents!("{defaults: {model: {primary: 'lmstudio/gemma-3'}}}")),
    one(
        "agent-models",
        agents!(
            "{defaults: {model: {primary: 'lmstudio/gemma-3'}}, list: [{id: 'main', default: true}, \
             {id: 'work', model: {primary: 'lmstudio/x'}}]}"
        ),
    ),
    one("agents-entries", &[("openclaw.json", include_str!("../cases/50-openclaw-agents-entries.json"))]),
    // Allowlists.
    one("map", agents!("{defaults: {models: {'lmstudio/gemma-3': {}}}}")),
    one("map-other", agents!("{defaults: {models: {'openai/gpt-5': {}}}}")),
    one("map-pattern", agents!("{defaults: {models: {'lmstudio/*': {}}}}")),
    one("map-star", agents!("{defaults: {models: {'*': {}}}}")),
    one("map-list", agents!("{defaults: {models: ['lmstudio/gemma-3']}}")),
    one("map-default", agents!("{defaults: {model: {primary: 'lmstudio/gemma-3'}, models: {'openai/gpt-5': {}}}}")),
    one("map-with-policy", agents!("{defaults: {modelPolicy: {}, models: {'lmstudio/gemma-3': {}}}}")),
    one(
        "map-migrated",
        &[(
            "openclaw.json",
            "{meta: {migrations: {modelPolicyAllowlist: true}}, agents: {defaults: {models: {x: {}}}}}",
        )],
    ),
    one("agent-map", agents!("{list: [{id: 'main', models: {'lmstudio/gemma-3': {}}}]}")),
    one("policy", agents!("{defaults: {modelPolicy: {allow: ['lmstudio/gemma-3']}}}")),
    one("policy-empty", agents!("{defaults: {modelPolicy: {allow: []}, models: {'openai/x': {}}}}")),
    one("policy-star", agents!("{defaults: {modelPolicy: {allow: ['*']}}}")),
    one("policy-provider", agents!("{defaults: {modelPolicy: {allow: ['lmstudio/*']}}}")),
    one("policy-namespace", agents!("{defaults: {modelPolicy: {allow: [' LMStudio/qwen/* ']}}}")),
    one("policy-start", agents!("{defaults: {modelPolicy: {allow: ['lmstudio/qwen*']}}}")),
    one("policy-case", agents!("{defaults: {modelPolicy: {allow: ['LMStudio/Gemma-3']}}}")),
    one("policy-bare", agents!("{defaults: {modelPolicy: {allow: ['gemma-3']}}}")),
    one(
        "policy-alias",
        agents!("{defaults: {models: {'lmstudio/gemma-3': {alias: 'Fast'}}, modelPolicy: {allow: ['fast']}}}"),
    ),
    one("policy-map", agents!("{defaults: {modelPolicy: {allow: {'lmstudio/gemma-3': {}}}}}")),
    one(
        "agent-policy",
        agents!(
            "{ownership: 'explicit', defaults: {modelPolicy: {allow: ['openai/x']}}, entries: {main: {}, \
             work: {modelPolicy: {allow: ['lmstudio/qwen/*']}}, free: {modelPolicy: {allow: []}}}}"
        ),
    ),
    // Variables.
    set(
        "variables",
        &[("LMSTUDIO_URL", "http://x/v1"), ("LMSTUDIO_API_KEY", "k")],
        &[("openclaw.json", include_str!("../cases/39-openclaw-env-references.json"))],
    ),
    set("part", &[("HOST_NAME", "x"), ("PORT", "7")], &[("openclaw.json", at!("http://${HOST_NAME}:${PORT}/v1"))]),
    one("unset", &[("openclaw.json", at!("${LMSTUDIO_URL}"))]),
    set("set-to-nothing", &[("URL", "")], &[("openclaw.json", at!("${URL}"))]),
    set("bare", &[("URL", "http://x/v1")], &[("openclaw.json", at!("$URL"))]),
    set("escaped", &[("URL", "http://x/v1")], &[("openclaw.json", at!("$${URL}"))]),
    set("lower-case", &[("url", "http://x/v1")], &[("openclaw.json", at!("http://h/${url}"))]),
    set("token", &[("TOKEN", "secret")], &[("openclaw.json", "{gateway: {auth: {token: '${TOKEN}'}}}")]),
    one("env-file", &[("openclaw.json", at!("${URL}")), (".env", "# mine\nexport URL=\"http://file/v1\" # x\n")]),
    set(
        "environment-first",
        &[("URL", "http://environment/v1")],
        &[("openclaw.json", at!("${URL}")), (".env", "URL=http://file/v1\n")],
    ),
    one(
        "own-variables",
        &[("openclaw.json", "{env: {vars: {TOKEN: 'own'}, OTHER: 'x'}, gateway: {auth: {token: '${TOKEN}${OTHER}'}}}")],
    ),
    // Includes.
    one(
        "nested-include",
        &[
            ("openclaw.json", include_str!("../cases/38-openclaw-nested-include.json")),
            ("config/agents.json5", "{list: [{id: 'jarvis', default: true}], // mine\n}"),
            ("config/m.json5", "[]"),
        ],
    ),
    one(
        "root-include",
        &[
            ("openclaw.json", include_str!("../cases/38-openclaw-root-include.json")),
            ("config/agents.json", "{\"agents\": {\"list\": [{\"id\": \"jarvis\"}]}, \"gateway\": {\"port\": 1}}"),
            ("config/models.json", "{\"models\": {\"mode\": \"replace\"}, \"gateway\": {\"port\": 2}}"),
        ],
    ),
    one(
        "siblings",
        &[
            ("openclaw.json", "{gateway: {$include: ['a.json', './b.json'], port: 3}}"),
            ("a.json", "{\"port\": 1, \"auth\": {\"token\": \"a\"}}"),
            ("b.json", "{port: 2}"),
        ],
    ),
    one(
        "lists-are-joined",
        &[
            ("openclaw.json", "{agents: {$include: './a.json', list: [{id: 'b', default: true}]}}"),
            ("a.json", "{list: [{id: 'a'}]}"),
        ],
    ),
    one(
        "from-its-own-folder",
        &[
            ("openclaw.json", "{gateway: {$include: './sub/a.json'}}"),
            ("sub/a.json", "{$include: './b.json'}"),
            ("sub/b.json", "{port: 6}"),
        ],
    ),
    one(
        "variables-in-includes",
        &[("openclaw.json", "{$include: 'm.json5'}"), ("m.json5", at!("${URL}")), (".env", "URL=http://f/v1")],
    ),
    one("missing-include", &[("openclaw.json", "{agents: {$include: './none.json'}}")]),
    one("broken-include", &[("openclaw.json", "{agents: {$include: './a.json'}}"), ("a.json", "{ oops")]),
    one(
        "circle",
        &[("openclaw.json", "{gateway: {$include: './a.json'}}"), ("a.json", "{$include: './openclaw.json'}")],
    ),
    one("no-path", &[("openclaw.json", "{gateway: {$include: 7}}")]),
    one("siblings-of-a-list", &[("openclaw.json", "{gateway: {$include: 'a.json', port: 1}}"), ("a.json", "[]")]),
    one("outside", &[("openclaw.json", "{gateway: {$include: '../out.json'}}"), ("../out.json", "{port: 5}")]),
    one("no-tilde", &[("openclaw.json", "{gateway: {$include: '~/out.json'}}"), ("../out.json", "{port: 5}")]),
];
