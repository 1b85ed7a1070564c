//! The answer to `GET /models`: which ids can be served.

use domain::ModelId;
use serde_json::value::RawValue;

use super::NotAList;
use super::json::{self, List};

/// Reads `{"data": [{"id": "…"}, …]}`. An entry needs a usable `id` and nothing else: LM Studio has no
/// `created`, aichat no top-level `object`, and nobody here needs either.
pub(super) fn parse(body: &[u8]) -> Result<List<ModelId>, NotAList> {
    json::list(body, "data", id)
}

fn id(entry: &RawValue) -> Option<ModelId> {
    let [id] = json::fields(entry, ["id"])?;
    ModelId::new(&json::string(id?)?).ok()
}

#[cfg(test)]
mod tests;
