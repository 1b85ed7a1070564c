//! Asking LM Studio's own endpoints: which of them there are, and whether it is an LM Studio at all.

use std::sync::atomic::Ordering;

use domain::ports::SourceError;
use domain::{FactSheet, Facts};
use http::{StatusCode, Uri};

use super::{LmStudio, NotAList, Url, native};
use crate::http_client::Answer;

/// An endpoint of LM Studio's own.
#[derive(Debug, Clone, Copy)]
enum Endpoint {
    V1,
    V0,
}

impl LmStudio {
    /// The facts of `/api/v1/models`, else of `/api/v0/models`. Where v0 was the answer it is asked first the
    /// next time, until the server was away: LM Studio logs each unknown path as an error.
    pub(super) async fn ask_for_facts(&self) -> Result<Facts, SourceError> {
        let Some(root) = &self.0.address.root else { return Ok(Facts::NotOffered) };
        let older = &self.0.older;
        let order = match older.load(Ordering::Relaxed) {
            false => [Endpoint::V1, Endpoint::V0],
            true => [Endpoint::V0, Endpoint::V1],
        };
        for endpoint in order {
            if let Some(sheet) = self.ask_endpoint(root, endpoint).await? {
                older.store(matches!(endpoint, Endpoint::V0), Ordering::Relaxed);
                return Ok(Facts::Known(sheet));
            }
        }
        older.store(false, Ordering::Relaxed);
        Ok(Facts::NotOffered)
    }

    /// Whether the last facts came from `/api/v0`.
    pub(super) fn has_v0_only(&self) -> bool {
        self.0.older.load(Ordering::Relaxed)
    }

    /// `None` where the server has answered, and not as LM Studio does. A refused key and a server in trouble
    /// are errors: they say nothing of what it is.
    async fn ask_endpoint(&self, root: &Uri, endpoint: Endpoint) -> Result<Option<FactSheet>, SourceError> {
        let (path, read): (_, fn(&[u8]) -> _) = match endpoint {
            Endpoint::V1 => ("/api/v1/models", native::v1),
            Endpoint::V0 => ("/api/v0/models", native::v0),
        };
        let url = Url::below(root, path);
        let Answer { status, body } = match self.get(&url).await {
            Ok(answer) => answer,
            Err(error) if error.is_redirect() => return Ok(None),
            Err(error) => return Err(error.at(url.to_string())),
        };
        match status {
            StatusCode::UNAUTHORIZED => return Err(url.unauthorized(status)),
            // A proxy that lets only /v1 through.
            StatusCode::FORBIDDEN => return Ok(None),
            _ => {}
        }
        if self.echo().is_in_body(&body) {
            return Err(url.malformed(status, NotAList::RepeatsKey));
        }
        let in_trouble = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        match read(&body) {
            Err(NotAList::KeyRefused) => Err(url.unauthorized(status)),
            Err(found @ NotAList::TooMany) => Err(url.malformed(status, found)),
            Ok(_) if in_trouble => Err(url.malformed(status, NotAList::Disowned)),
            Err(found) if in_trouble => Err(url.malformed(status, self.echo().out_of(found))),
            Ok(Some(sheet)) if status.is_success() => Ok(Some(sheet)),
            Ok(_) | Err(_) => Ok(None),
        }
    }
}
