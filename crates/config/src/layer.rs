//! One layer of configuration: names and values from one place, taken verbatim.

use std::path::{Path, PathBuf};

use figment::value::{Dict, Map, Value};
use figment::{Error, Metadata, Profile, Provider};

/// Names and values, and where they come from. All values are texts: a key of digits stays what it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layer {
    origin: String,
    file: Option<PathBuf>,
    pairs: Vec<(&'static str, String)>,
}

impl Layer {
    pub(crate) fn new(origin: impl Into<String>, pairs: Vec<(&'static str, String)>) -> Self {
        Self { origin: origin.into(), file: None, pairs }
    }

    /// The layer of `lmsync.toml`: the one whose metadata has a source.
    pub(crate) fn of_file(path: &Path, pairs: Vec<(&'static str, String)>) -> Self {
        Self { origin: path.display().to_string(), file: Some(path.to_owned()), pairs }
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        let metadata = Metadata::named(self.origin.clone());
        match self.file.as_deref() {
            Some(path) => metadata.source(path),
            None => metadata,
        }
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let values = self.pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.clone())));
        Ok(Map::from([(Profile::Default, values.collect())]))
    }
}
