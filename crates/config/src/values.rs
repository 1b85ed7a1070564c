//! The forms of single values: addresses, durations, lists, switches and names.

use std::env::consts::OS;
use std::path::Path;
use std::time::Duration;

use domain::{BusySource, ConfigSetting, Secret};
use http::Uri;

use crate::error::ConfigError;
use crate::file::Agents;
use crate::gateway_settings::GatewaySettings;
use crate::listen::Listen;
use crate::merged::Config;
use crate::server_url::ServerUrl;
use crate::settings_table as names;
use crate::valid_names::is_agent;

impl Config {
    pub(super) fn gateway(&self, state_dir: &Path) -> Result<GatewaySettings, ConfigError> {
        let secret = |variable| self.text(variable).and_then(Secret::new);
        let port = |text: String| {
            text.trim().parse().map_err(|_| self.unusable(names::GATEWAY_PORT, "expected a number from 1 to 65535"))
        };
        Ok(GatewaySettings {
            url: self.text(names::GATEWAY_URL).map(|text| self.gateway_url(text.trim())).transpose()?,
            port: self.text(names::GATEWAY_PORT).map(port).transpose()?,
            token: secret(names::GATEWAY_TOKEN),
            password: secret(names::GATEWAY_PASSWORD),
            relay: match self.text(names::RELAY) {
                Some(path) => Some(self.absolute(names::RELAY, &path)?),
                None => None,
            },
            config: self.openclaw_config(state_dir)?,
        })
    }

    /// People name the gateway by its WebSocket's address or by its page's.
    pub(super) fn gateway_url(&self, text: &str) -> Result<Uri, ConfigError> {
        let expected = "expected an address such as ws://127.0.0.1:18789";
        let (scheme, rest) = text.split_once("://").unwrap_or(("ws", text));
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "ws" | "http" => "ws",
            "wss" | "https" => "wss",
            _ => return Err(self.unusable(names::GATEWAY_URL, expected)),
        };
        if rest.contains(['@', '?', '#']) {
            let problem = "it contains a user name, a password or a query; put the token into OPENCLAW_GATEWAY_TOKEN";
            return Err(self.unusable(names::GATEWAY_URL, problem));
        }
        let uri: Result<Uri, _> = format!("{scheme}://{}/", rest.trim_end_matches('/')).parse();
        uri.ok()
            .filter(|uri| uri.host().is_some_and(|host| !host.is_empty()))
            .ok_or_else(|| self.unusable(names::GATEWAY_URL, expected))
    }

    pub(super) fn busy_sources(&self) -> Result<Vec<BusySource>, ConfigError> {
        let text = self.required(names::BUSY_SOURCES);
        if matches!(text.trim(), "none" | "off") {
            return Ok(Vec::new());
        }
        let parse = |name: &str| {
            let known = [BusySource::Gateway, BusySource::SessionLocks, BusySource::LmStudio];
            known.into_iter().find(|source| source.as_str() == name.trim()).ok_or_else(|| {
                self.unusable(names::BUSY_SOURCES, "expected some of gateway,session-locks,lmstudio, or none")
            })
        };
        text.split(',').map(parse).collect()
    }

    pub(super) fn switch(&self, variable: &'static str) -> Result<bool, ConfigError> {
        match self.required(variable).trim() {
            "on" | "true" | "yes" | "1" => Ok(true),
            "off" | "false" | "no" | "0" => Ok(false),
            _ => Err(self.unusable(variable, "expected on or off")),
        }
    }

    /// Where the status server listens, if it does.
    pub(super) fn listen(&self) -> Result<Option<Listen>, ConfigError> {
        Listen::parse(&self.required(names::LISTEN)).map_err(|problem| self.unusable(names::LISTEN, problem))
    }

    pub(super) fn config_target(&self) -> Result<ConfigSetting, ConfigError> {
        match self.required(names::CONFIG_TARGET).trim() {
            "auto" => Ok(ConfigSetting::Auto),
            "on" => Ok(ConfigSetting::On),
            "off" => Ok(ConfigSetting::Off),
            _ => Err(self.unusable(names::CONFIG_TARGET, "expected auto, on or off")),
        }
    }

    /// A command line, taken apart as a POSIX shell would, or a program on Windows, but never given to a shell.
    pub(super) fn command(&self, variable: &'static str) -> Result<Option<Vec<String>>, ConfigError> {
        let Some(text) = self.text(variable) else { return Ok(None) };
        let words = if OS == "windows" { windows_words(&text) } else { shlex::split(&text) };
        match words {
            Some(words) if !words.is_empty() => Ok(Some(words)),
            _ => Err(self.unusable(variable, "expected a command; is a quote not closed?")),
        }
    }

    pub(super) fn server_url(&self, variable: &'static str) -> Result<Option<ServerUrl>, ConfigError> {
        let parse = |text: String| ServerUrl::parse(&text).map_err(|error| self.unusable(variable, error.to_string()));
        self.text(variable).map(parse).transpose()
    }

    pub(super) fn duration(&self, variable: &'static str) -> Result<Duration, ConfigError> {
        let problem = "expected a duration such as 10s, 2m or 500ms";
        humantime::parse_duration(self.required(variable).trim()).map_err(|_| self.unusable(variable, problem))
    }

    /// Whose files are kept. One agent that somebody named above `lmsync.toml` wins over those in it; where nobody
    /// names any, they are those that OpenClaw has.
    pub(super) fn agents(&self) -> Result<Agents, ConfigError> {
        match (&self.file.agents, self.text(names::AGENT)) {
            (Some(agents), _) if !self.agent_is_named => Ok(agents.clone()),
            (_, None) => Ok(Agents::Configured),
            // The name becomes one folder's name and no more.
            (_, Some(agent)) if is_agent(&agent) => Ok(Agents::Named(vec![agent])),
            (_, Some(_)) => Err(self.unusable(names::AGENT, "expected the name of an agent, which is no path")),
        }
    }
}

/// The words of a command line as Windows programs take it apart: a backslash is a part of a path, and double quotes
/// hold a word together. `None` where a quote is not closed.
fn windows_words(text: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    for letter in text.chars() {
        if letter == '"' {
            quoted = !quoted;
            word.get_or_insert_default();
        } else if letter.is_whitespace() && !quoted {
            words.extend(word.take());
        } else {
            word.get_or_insert_default().push(letter);
        }
    }
    words.extend(word);
    (!quoted).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_of_windows_keeps_its_backslashes() {
        let words = |text| windows_words(text).map(|words| words.join("|"));
        let line = r#""C:\Program Files\x\told.cmd"  -a "" C:\y"#;
        assert_eq!(words(line).as_deref(), Some(r"C:\Program Files\x\told.cmd|-a||C:\y"));
        assert_eq!(words(" "), Some(String::new()));
        assert_eq!(words(r#""C:\x"#), None);
    }
}
