//! The table of settings: the one place that names each variable, its flag, its default and its meaning.

/// One thing that a person can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The variable's name, which is also the setting's name.
    pub variable: &'static str,
    /// The flag's name without dashes, where the command line has one. A secret has none: arguments are
    /// public on most systems.
    pub flag: Option<&'static str>,
    /// The text that stands where nobody says otherwise.
    pub default: Option<&'static str>,
    /// What `--help` calls the flag's value.
    pub value: &'static str,
    /// One sentence for a person.
    pub help: &'static str,
}

impl Setting {
    /// Whether the value must never be shown.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        ["_KEY", "_TOKEN", "_PASSWORD"].iter().any(|end| self.variable.ends_with(end))
    }

    /// The key that sets it in `lmsync.toml`: its flag's name, with underscores. `None` where it has no flag,
    /// and where the file is found through it.
    #[must_use]
    pub fn file_key(&self) -> Option<String> {
        let finds_the_file = [CONFIG, STATE_DIR].contains(&self.variable);
        self.flag.filter(|_| !finds_the_file).map(|flag| flag.replace('-', "_"))
    }
}

macro_rules! settings {
    ($($name:ident = $variable:literal, $flag:expr, $default:expr, $value:literal, $help:literal;)*) => {
        $(pub(crate) const $name: &str = $variable;)*
        /// Every setting, in the order in which a person reads them.
        pub const SETTINGS: &[Setting] = &[$(Setting {
            variable: $variable, flag: $flag, default: $default, value: $value, help: $help,
        },)*];
    };
}

settings! {
    BASE = "OPENAI_API_BASE", Some("base-url"), Some("http://host.docker.internal:1234/v1"), "URL",
        "The server whose models are listed";
    KEY = "OPENAI_API_KEY", None, Some("lm-studio"), "KEY",
        "The key sent to that server alone; empty: none is sent";
    KEY_HEADER = "LMSYNC_KEY_HEADER", Some("key-header"), Some("bearer"), "HEADER",
        "How that key is sent: bearer, basic (the key is user:password), or a header's name such as api-key";
    STATE_DIR = "OPENCLAW_STATE_DIR", Some("state-dir"), None, "DIR",
        "OpenClaw's state folder [default: .openclaw in OpenClaw's home folder, or an earlier .clawdbot]";
    OPENCLAW_HOME = "OPENCLAW_HOME", None, None, "DIR",
        "The folder that OpenClaw takes for home [default: $HOME]";
    OPENCLAW_PROFILE = "OPENCLAW_PROFILE", None, None, "NAME",
        "OpenClaw's profile: its state folder is .openclaw-NAME";
    CONFIG = "LMSYNC_CONFIG", Some("config"), None, "FILE",
        "Your own rules, and what else is set there [default: lmsync.toml in the state folder, if there]";
    AGENT = "LMSYNC_AGENT", Some("agent"), None, "NAME",
        "The OpenClaw agent whose models.json is kept [default: every agent that OpenClaw has]";
    MODELS_JSON = "LMSYNC_MODELS_JSON", Some("models-json"), None, "FILE",
        "A models.json elsewhere, instead of the agent's";
    PROVIDER = "LMSYNC_PROVIDER", Some("provider"), Some("lmstudio"), "NAME",
        "The key below `providers` that is kept";
    PROVIDER_BASE_URL = "LMSYNC_PROVIDER_BASE_URL", Some("provider-base-url"), None, "URL",
        "The server's address as OpenClaw reaches it [default: as OPENAI_API_BASE]";
    INTERVAL = "LMSYNC_INTERVAL", Some("interval"), Some("10s"), "DURATION",
        "How often the server is asked, at least 50ms";
    TIMEOUT = "LMSYNC_TIMEOUT", Some("timeout"), Some("5s"), "DURATION",
        "How long one request may take in all";
    EMPTY_AFTER = "LMSYNC_EMPTY_AFTER", Some("empty-after"), Some("60s"), "DURATION",
        "How long the server has to list nothing until all its models are removed, at least 2s";
    BUSY_SOURCES = "LMSYNC_BUSY_SOURCES", Some("busy-sources"), Some("gateway,session-locks,lmstudio"), "LIST",
        "Who is asked whether inference runs, or none";
    MAX_PAUSE = "LMSYNC_MAX_PAUSE", Some("max-pause"), None, "DURATION",
        "How long inference may keep a pass waiting [default: as long as it runs]";
    REFRESH = "LMSYNC_REFRESH", Some("refresh"), Some("on"), "on|off",
        "Whether the running gateway's picker is refreshed after a change";
    CONFIG_TARGET = "LMSYNC_OPENCLAW_CONFIG", Some("openclaw-config"), Some("auto"), "auto|on|off",
        "Whether models are also added to openclaw.json, by the gateway; auto: where its version needs it";
    ON_CHANGE = "LMSYNC_ON_CHANGE", Some("on-change"), None, "COMMAND",
        "A command to run after each change, without a shell; it reads the change as JSON";
    LISTEN = "LMSYNC_LISTEN", Some("listen"), Some("127.0.0.1:12340"), "ADDRESS|off",
        "Where the daemon shows its status: a page, its data, metrics";
    GATEWAY_URL = "OPENCLAW_GATEWAY_URL", Some("gateway-url"), None, "URL",
        "The gateway [default: ws://127.0.0.1 and the port that openclaw.json names, else 18789]";
    GATEWAY_PORT = "OPENCLAW_GATEWAY_PORT", None, None, "PORT",
        "The gateway's port on this host";
    GATEWAY_TOKEN = "OPENCLAW_GATEWAY_TOKEN", None, None, "TOKEN",
        "The gateway's token [default: as in openclaw.json]";
    GATEWAY_PASSWORD = "OPENCLAW_GATEWAY_PASSWORD", None, None, "PASSWORD",
        "The gateway's password [default: as in openclaw.json]";
    RELAY = "LMSYNC_RELAY", None, None, "SOCKET",
        "The Unix socket of `lmsync relay`, which passes connections on to a gateway in another container";
    OPENCLAW_CONFIG = "OPENCLAW_CONFIG_PATH", None, None, "FILE",
        "OpenClaw's configuration [default: openclaw.json in the state folder, or an earlier clawdbot.json]";
    LOG = "LMSYNC_LOG", Some("log"), Some("info"), "FILTER",
        "What is logged: error, warn, info, debug, trace, or target=level,… [or RUST_LOG]";
    LOG_FORMAT = "LMSYNC_LOG_FORMAT", Some("log-format"), None, "text|json",
        "The form of the log [default: text on a terminal, else json]";
    RUST_LOG = "RUST_LOG", None, None, "FILTER",
        "As LMSYNC_LOG, which wins";
    SSL_CERT_FILE = "SSL_CERT_FILE", None, None, "FILE",
        "Certificates (PEM) to trust beside the bundled ones";
}

/// The setting of that name.
pub(crate) fn setting(variable: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.variable == variable)
}
