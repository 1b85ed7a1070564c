//! One layer of configuration: names and values from one place, taken verbatim.

use figment::value::{Dict, Map, Value};
use figment::{Error, Metadata, Profile, Provider};

/// Names and values, and where they come from. All values are texts: a key of digits stays what it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layer {
    origin: String,
    pairs: Vec<(&'static str, String)>,
}

impl Layer {
    pub(crate) fn new(origin: impl Into<String>, pairs: Vec<(&'static str, String)>) -> Self {
        Self { origin: origin.into(), pairs }
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let values = self.pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.clone())));
        Ok(Map::from([(Profile::Default, values.collect())]))
    }
}
