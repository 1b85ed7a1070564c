//! Further servers, as `lmsync.toml` writes them: a `[[server]]` each.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use domain::{KeyHeader, Rules, Secret};

use super::reader::{FileError, Item, Table};
use super::rules;
use super::secret_names::is_secret_name;
use crate::server_url::{ServerUrl, ServerUrlError};
use crate::tilde::below_tilde;
use crate::valid_names::is_provider;

/// A server beside the first one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSettings {
    /// Its address.
    pub server: ServerUrl,
    /// The key below `providers` that is its own; no other server's.
    pub provider: String,
    /// What is written as the provider's address, where it differs from the server's.
    pub provider_base_url: Option<ServerUrl>,
    /// Where its key is.
    pub key: KeySource,
    /// How its key is sent.
    pub key_header: KeyHeader,
    /// The user's rules for its models.
    pub rules: Rules,
}

/// Where a server's key is. It is never in `lmsync.toml` itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// None is sent.
    None,
    /// It was in an environment variable.
    Secret(Secret),
    /// It is the content of a file, without the white space around it.
    File(PathBuf),
}

/// A server, and where it says whose it is.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) provider_line: usize,
    pub(crate) settings: ServerSettings,
}

/// What the words in the file refer to.
pub(crate) struct Surroundings<'a> {
    /// The file's folder, from which relative paths start.
    pub(crate) folder: &'a Path,
    /// What `~` stands for.
    pub(crate) home: Option<&'a Path>,
    /// The value of an environment variable.
    pub(crate) variable: &'a dyn Fn(&str) -> Option<OsString>,
}

/// Takes every `[[server]]`.
pub(super) fn take(table: &mut Table<'_>, around: &Surroundings<'_>) -> Result<Vec<Server>, FileError> {
    let tables = table.take_tables("server")?;
    let mut providers = HashSet::new();
    tables.into_iter().map(|table| server(table, around, &mut providers)).collect()
}

fn server(
    mut table: Table<'_>,
    around: &Surroundings<'_>,
    providers: &mut HashSet<String>,
) -> Result<Server, FileError> {
    let server = url(&table.require("base_url", "an address such as \"http://localhost:1234/v1\"")?)?;
    let item = table.require("provider", "a name such as \"workstation\"")?;
    let provider = item.text()?.to_owned();
    if !is_provider(&provider) {
        return Err(item.fail("expected a name such as workstation"));
    }
    if !providers.insert(provider.clone()) {
        return Err(item.fail("another server has this name already; each needs its own"));
    }
    let provider_base_url = table.take("provider_base_url").map(|item| url(&item)).transpose()?;
    let key = match (table.take("key_env"), table.take("key_file")) {
        (None, None) => KeySource::None,
        (Some(variable), None) => key_of_variable(&variable, around)?,
        (None, Some(file)) => KeySource::File(key_file(&file, around)?),
        (Some(_), Some(file)) => return Err(file.fail("expected one of key_env and key_file, not both")),
    };
    let key_header = table.take("key_header").map(|item| key_header(&item)).transpose()?.unwrap_or_default();
    let rules = rules::take(&mut table)?;
    let inline = "a secret has no place in this file: name an environment variable in `key_env`, or a file \
                  in `key_file`";
    table.finish(|key| is_secret_name(key).then(|| inline.to_owned()))?;
    let settings = ServerSettings { server, provider, provider_base_url, key, key_header, rules };
    Ok(Server { provider_line: item.line(), settings })
}

fn url(item: &Item<'_>) -> Result<ServerUrl, FileError> {
    ServerUrl::parse(item.text()?).map_err(|error| match error {
        ServerUrlError::Credentials => item.fail(
            "it contains a user name or password; name an environment variable in `key_env`, or a file in \
             `key_file`, instead (one that holds user:password, with key_header = \"basic\")",
        ),
        error => item.fail(error.to_string()),
    })
}

fn key_header(item: &Item<'_>) -> Result<KeyHeader, FileError> {
    KeyHeader::parse(item.text()?).map_err(|error| item.fail(error.to_string()))
}

fn key_of_variable(item: &Item<'_>, around: &Surroundings<'_>) -> Result<KeySource, FileError> {
    let name = item.text()?;
    // Somebody who takes this for the place of the key itself must not find it in a log.
    let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || !name.chars().all(is_name) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(item.fail("expected the name of an environment variable, in capitals, such as WORK_KEY"));
    }
    let value = (around.variable)(name).filter(|value| !value.is_empty());
    let value =
        value.ok_or_else(|| item.fail(format!("{name} is set neither in the environment nor in the `.env` file")))?;
    let text = value.into_string().map_err(|_| item.fail(format!("{name} is not valid UTF-8")))?;
    Ok(Secret::new(text).map_or(KeySource::None, KeySource::Secret))
}

fn key_file(item: &Item<'_>, around: &Surroundings<'_>) -> Result<PathBuf, FileError> {
    let text = item.word()?;
    match below_tilde(text) {
        Some(rest) => {
            let home = around.home.ok_or_else(|| item.fail("`~` means nothing here: HOME is not set"))?;
            Ok(home.join(rest))
        }
        None => Ok(around.folder.join(text)),
    }
}
