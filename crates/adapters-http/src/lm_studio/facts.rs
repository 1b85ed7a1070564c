//! Asking LM Studio's own endpoints: which of them there are, and whether it is an LM Studio at all.

use std::sync::atomic::Ordering;

use domain::ports::SourceError;
use domain::{FactSheet, Facts};
use http::{StatusCode, Uri};

use super::client::LmStudio;
use super::native;
use super::not_a_list::NotAList;
use super::url::Url;

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
        let answer = match self.get(&url).await {
            Ok(answer) => answer,
            Err(error) if error.is_redirect() => return Ok(None),
            Err(error) => return Err(error.at(url.to_string())),
        };
        let status = answer.status;
        match status {
            StatusCode::UNAUTHORIZED => return Err(self.error(&url, &answer, NotAList::KeyRefused)),
            // A proxy that lets only /v1 through.
            StatusCode::FORBIDDEN => return Ok(None),
            _ => {}
        }
        let in_trouble = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        match self.read(&answer, read) {
            Ok(sheet) => Ok(sheet),
            Err(found @ (NotAList::KeyRefused | NotAList::TooMany | NotAList::RepeatsKey)) => {
                Err(self.error(&url, &answer, found))
            }
            Err(found) if in_trouble => Err(self.error(&url, &answer, found)),
            Err(_) => Ok(None),
        }
    }
}
