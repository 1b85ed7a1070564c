//! Asking LM Studio's own endpoints: which of them there are, and whether it is an LM Studio at all.

use std::sync::atomic::Ordering;

use domain::ports::SourceError;
use domain::{FactSheet, Facts};
use http::{StatusCode, Uri};

use super::client::LmStudio;
use super::native;
use super::not_a_list::NotAList;
use super::url::Url;

/// An endpoint of LM Studio's own: its path, and the reader of its answer.
type Endpoint = (&'static str, fn(&[u8]) -> Result<Option<FactSheet>, NotAList>);

const V1: Endpoint = ("/api/v1/models", native::v1);
const V0: Endpoint = ("/api/v0/models", native::v0);

impl LmStudio {
    /// The facts of `/api/v1/models`, else of `/api/v0/models`. Where v0 was the answer it is asked first the
    /// next time, until the server was away: LM Studio logs each unknown path as an error.
    pub(super) async fn ask_for_facts(&self) -> Result<Facts, SourceError> {
        let Some(root) = &self.0.address.root else { return Ok(Facts::NotOffered) };
        let older = &self.0.older;
        let order = if older.load(Ordering::Relaxed) { [V0, V1] } else { [V1, V0] };
        for endpoint in order {
            if let Some(sheet) = self.ask_endpoint(root, endpoint).await? {
                older.store(endpoint.0 == V0.0, Ordering::Relaxed);
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
    async fn ask_endpoint(&self, root: &Uri, (path, read): Endpoint) -> Result<Option<FactSheet>, SourceError> {
        let url = Url::below(root, path);
        let answer = match self.get(&url).await {
            Ok(answer) => answer,
            Err(error) if error.is_redirect() => return Ok(None),
            Err(error) => return Err(error.at(url.to_string())),
        };
        let status = answer.status;
        let in_trouble = match status {
            StatusCode::UNAUTHORIZED => return Err(self.error(&url, &answer, NotAList::KeyRefused)),
            // A proxy that lets only /v1 through.
            StatusCode::FORBIDDEN => return Ok(None),
            _ => status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS,
        };
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
