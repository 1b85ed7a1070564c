//! `${NAME}` in the configuration: the variables that it may name, and what takes its place.

use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use super::dotenv;
use super::error::ConfigProblem;

/// A look into the environment of a process.
pub type Environment = fn(&str) -> Option<String>;

/// What OpenClaw's process has for variables, as far as that is known here: OpenClaw takes a name from the environment
/// that it was started in, then from its `.env` files, then from the configuration's own `env`.
///
/// The environment is that of this process, which OpenClaw usually shares.
pub(super) struct Variables {
    environment: Environment,
    files: HashMap<String, String>,
    configured: HashMap<String, String>,
}

impl Variables {
    /// Reads the `.env` files that belong to a configuration at that place.
    pub(super) fn read(openclaw_json: &Path, environment: Environment) -> Self {
        let mut variables = Self { environment, files: HashMap::new(), configured: HashMap::new() };
        let home = variables.home();
        let state = variables.folder("OPENCLAW_STATE_DIR");
        let state = state.or_else(|| openclaw_json.parent().map(Path::to_owned)).unwrap_or_default();
        let shared = home.map(|home| home.join(".config/openclaw/gateway.env"));
        let is_usual = variables.home().is_some_and(|home| home.join(".openclaw") == state);
        for file in [Some(state.join(".env")), shared.filter(|_| is_usual)].into_iter().flatten() {
            let is_read = fs::metadata(&file).is_ok_and(|file| file.is_file() && file.len() <= dotenv::MOST_BYTES);
            let Some(text) = is_read.then(|| fs::read_to_string(&file).ok()).flatten() else { continue };
            for (name, value) in dotenv::parse(&text) {
                variables.files.entry(name).or_insert(value);
            }
        }
        variables
    }

    /// Adds the configuration's own `env`: its texts, and those of `env.vars`.
    pub(super) fn add_configured(&mut self, root: &Value) {
        let texts = [&root["env"]["vars"], &root["env"]].into_iter().filter_map(Value::as_object).flatten();
        for (name, value) in texts {
            let Some(value) = value.as_str().filter(|value| !value.trim().is_empty()) else { continue };
            if tokens(value).next().is_none() {
                self.configured.insert(name.trim().to_owned(), value.to_owned());
            }
        }
    }

    /// A variable's value. An empty one counts as none, as OpenClaw has it.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let outer = (self.environment)(name).or_else(|| self.files.get(name).cloned());
        let outer = outer.filter(|value| !value.trim().is_empty() || !self.configured.contains_key(name));
        outer.or_else(|| self.configured.get(name).cloned()).filter(|value| !value.is_empty())
    }

    /// The folder below which OpenClaw looks for what is the user's.
    pub(super) fn home(&self) -> Option<PathBuf> {
        let named = |name| (self.environment)(name).map(|home| home.trim().to_owned()).filter(|home| !home.is_empty());
        // As OpenClaw has it, also on other systems than Windows.
        let home = named("HOME").or_else(|| named("USERPROFILE")).map(PathBuf::from);
        match named("OPENCLAW_HOME") {
            None => home,
            Some(own) => Some(below_home(&own, home.as_deref())),
        }
    }

    /// The folder that a variable names, where it names one.
    fn folder(&self, name: &str) -> Option<PathBuf> {
        let named = (self.environment)(name)?;
        let named = named.trim();
        (!named.is_empty()).then(|| self.path(named))
    }

    /// The folders of a list such as `/a:~/b`.
    pub(super) fn folders(&self, name: &str) -> Vec<PathBuf> {
        let list = (self.environment)(name).unwrap_or_default();
        let named = std::env::split_paths(&list).filter(|folder| !folder.as_os_str().is_empty());
        named.map(|folder| self.path(&folder.to_string_lossy())).filter(|folder| folder.has_root()).collect()
    }

    /// The path that a text names.
    fn path(&self, text: &str) -> PathBuf {
        normalize(&below_home(text.trim(), self.home().as_deref()))
    }
}

/// A path as a person writes it, where `~` is the home.
pub(super) fn below_home(text: &str, home: Option<&Path>) -> PathBuf {
    match (text.strip_prefix('~'), home) {
        (Some(""), Some(home)) => home.to_owned(),
        (Some(rest), Some(home)) if rest.starts_with(['/', '\\']) => home.join(rest.trim_start_matches(['/', '\\'])),
        _ => PathBuf::from(text),
    }
}

/// Takes `.` and `..` out by the path's text alone, as OpenClaw does.
pub(super) fn normalize(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            component => plain.push(component),
        }
    }
    plain
}

/// Puts values in the place of each `${NAME}` below a value, and notes every text that refers to a variable.
///
/// A reference to a variable without a value stays as it is; so does a whole text `$NAME`, which OpenClaw does not
/// replace.
pub(super) fn replace(value: &mut Value, variables: &Variables, place: &str, found: &mut Vec<Reference>) {
    match value {
        Value::String(text) if text.contains('$') => {
            let (replaced, named) = expand(text, variables);
            let bare = text.strip_prefix('$').filter(|name| is_name(name));
            let is_bare = bare.is_some();
            if let Some((variable, is_set)) = named.or(bare.map(|name| (name.to_owned(), false))) {
                found.push(Reference { place: place.to_owned(), variable, is_set, is_bare });
            }
            *text = replaced;
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                replace(item, variables, &below(place, &index.to_string()), found);
            }
        }
        Value::Object(object) => {
            for (key, item) in object {
                replace(item, variables, &below(place, key), found);
            }
        }
        _ => {}
    }
}

fn below(place: &str, key: &str) -> String {
    if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") }
}

/// A text that refers to a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    /// The key below which it stands, such as `agents.list.0.model`.
    pub(super) place: String,
    pub(super) variable: String,
    /// Whether the variable has a value here.
    pub(super) is_set: bool,
    /// Whether it is `$NAME`, which OpenClaw does not replace.
    pub(super) is_bare: bool,
}

impl Reference {
    /// What keeps the variable's value from it.
    pub(super) fn problem(&self) -> Option<ConfigProblem> {
        let (place, variable) = (self.place.clone(), self.variable.clone());
        match self {
            Self { is_bare: true, .. } => Some(ConfigProblem::NotReplaced { place, variable }),
            Self { is_set: false, .. } => Some(ConfigProblem::NotKnownHere { place, variable }),
            _ => None,
        }
    }
}

/// A text with its references replaced, and the variable that it names, the first without a value, else the first; with
/// whether it has one.
fn expand(text: &str, variables: &Variables) -> (String, Option<(String, bool)>) {
    let mut named: Option<(String, bool)> = None;
    let mut expanded = String::with_capacity(text.len());
    let mut end = 0;
    for Token { start, length, name, is_escaped } in tokens(text) {
        expanded.push_str(&text[end..start]);
        end = start + length;
        let value = if is_escaped { None } else { variables.get(name) };
        let is_set = value.is_some();
        if !is_escaped && named.as_ref().is_none_or(|(_, was_set)| *was_set && !is_set) {
            named = Some((name.to_owned(), is_set));
        }
        // An escaped reference loses its first `$` only.
        expanded.push_str(&value.unwrap_or_else(|| format!("${{{name}}}")));
    }
    expanded.push_str(&text[end..]);
    (expanded, named)
}

/// `${NAME}`, or `$${NAME}`, which means the text `${NAME}`.
struct Token<'a> {
    start: usize,
    length: usize,
    name: &'a str,
    is_escaped: bool,
}

fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + text[from..].find('$')?;
            let found = [("$${", true), ("${", false)].into_iter().find_map(|(open, is_escaped)| {
                let (name, _) = text[start..].strip_prefix(open)?.split_once('}')?;
                let length = open.len() + name.len() + 1;
                is_name(name).then_some(Token { start, length, name, is_escaped })
            });
            from = start + found.as_ref().map_or(1, |token| token.length);
            if found.is_some() {
                return found;
            }
        }
    })
}

/// Whether OpenClaw takes it for the name of a variable: upper case alone.
fn is_name(name: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn variables(configured: &Value) -> Variables {
        let environment = |name: &str| match name {
            "SET" => Some("outer".to_owned()),
            "EMPTY" => Some(String::new()),
            "HOME" => Some("/home/me".to_owned()),
            _ => None,
        };
        let mut variables = Variables { environment, files: HashMap::new(), configured: HashMap::new() };
        variables.add_configured(configured);
        variables
    }

    #[test]
    fn references_are_replaced_as_openclaw_replaces_them() {
        let configured = json!({"env": {"OWN": "own", "SET": "x", "vars": {"EMPTY": "filled", "REF": "${SET}"}}});
        let variables = variables(&configured);
        for (text, expected, unset) in [
            ("${SET}", "outer", None),
            ("http://${SET}:1234/v1", "http://outer:1234/v1", None),
            ("${OWN}${EMPTY}", "ownfilled", None),
            ("$${SET}", "${SET}", None),
            ("$$${SET}", "$${SET}", None),
            ("${UNKNOWN}", "${UNKNOWN}", Some("UNKNOWN")),
            ("a${REF}b", "a${REF}b", Some("REF")),
            ("${lower} ${SET $", "${lower} ${SET $", None),
            ("$SET", "$SET", None),
        ] {
            let (expanded, named) = expand(text, &variables);
            let without = named.filter(|(_, is_set)| !is_set).map(|(variable, _)| variable);
            assert_eq!((expanded.as_str(), without.as_deref()), (expected, unset), "{text}");
        }
        let named = |variable: &str, is_set| Some((variable.to_owned(), is_set));
        assert_eq!(expand("${SET}${OWN}", &variables).1, named("SET", true));
        assert_eq!(expand("${EMPTY}", &self::variables(&json!({}))).1, named("EMPTY", false));
    }

    #[test]
    fn what_has_no_value_here_is_named_with_its_place() {
        let mut value = json!({"a": [{"b": "${NO}"}, "$SET"], "c": "${SET}"});
        let mut found = Vec::new();
        replace(&mut value, &variables(&json!({})), "", &mut found);
        assert_eq!(value, json!({"a": [{"b": "${NO}"}, "$SET"], "c": "outer"}));
        let problems: Vec<ConfigProblem> = found.iter().filter_map(Reference::problem).collect();
        assert_eq!(
            problems,
            [
                ConfigProblem::NotKnownHere { place: "a.0.b".into(), variable: "NO".into() },
                ConfigProblem::NotReplaced { place: "a.1".into(), variable: "SET".into() },
            ]
        );
    }

    #[test]
    fn a_tilde_is_the_home() {
        let variables = variables(&json!({}));
        assert_eq!(variables.path("~/a/../b"), Path::new("/home/me/b"));
        assert_eq!(variables.path("~you/a"), Path::new("~you/a"));
    }
}
