//! Which of the addresses that a person may have meant has the OpenAI-compatible list.
//!
//! LM Studio prints addresses such as `http://localhost:1234/api/v1`, where its own API lies; OpenRouter and Lemonade
//! have OpenAI's API at that path, and Open WebUI has it at `/api`. So the address is asked as it is written, and where
//! the answer is not OpenAI's list, or is one of LM Studio's own shape, the next one is.

use std::sync::atomic::Ordering;

use domain::Listing;
use domain::ports::{AnswerKind, SourceError};
use http::Uri;

use super::client::LmStudio;
use super::native;
use super::url::Url;

impl LmStudio {
    /// Asks for the list of models, at the address that is known to have it, else at each in turn.
    pub(super) async fn list(&self) -> Result<Listing, SourceError> {
        let address = &self.0.address;
        if address.others.is_empty() {
            return self.list_at(&address.api).await;
        }
        if let Some(base) = self.base_uri() {
            // A server that was away may come back as another one.
            return self.list_at(base).await.inspect_err(|_| self.0.base.store(0, Ordering::Relaxed));
        }
        let (mut first, mut own) = (None, None);
        for (index, base) in self.bases().enumerate() {
            if base.path().ends_with("/api/v0") && self.has_own_list(base).await {
                own = Some((index, base));
                continue;
            }
            match self.list_at(base).await {
                Ok(listing) => return Ok(self.remember(index, listing)),
                Err(error) if leads_on(&error) => first = first.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        match (own, first) {
            (Some((index, base)), _) => Ok(self.remember(index, self.list_at(base).await?)),
            (None, Some(error)) => Err(error),
            (None, None) => self.list_at(&address.api).await,
        }
    }

    /// Whether LM Studio's own early list (`/api/v0/models`) lies below `base`: it has the shape of OpenAI's, too.
    async fn has_own_list(&self, base: &Uri) -> bool {
        let answer = self.get(&Url::below(base, "/models")).await;
        answer.is_ok_and(|answer| matches!(self.read(&answer, native::v0), Ok(Some(_))))
    }

    /// The address below which the server last listed, where there are several.
    pub(super) fn known_base(&self) -> Option<String> {
        self.base_uri().map(ToString::to_string)
    }

    pub(super) fn base_uri(&self) -> Option<&Uri> {
        let index = self.0.base.load(Ordering::Relaxed).checked_sub(1)?;
        self.bases().nth(index)
    }

    fn bases(&self) -> impl Iterator<Item = &Uri> {
        std::iter::once(&self.0.address.api).chain(&self.0.address.others)
    }

    fn remember(&self, index: usize, listing: Listing) -> Listing {
        self.0.base.store(index + 1, Ordering::Relaxed);
        listing
    }
}

/// Whether an answer says that OpenAI's list is not at that address.
fn leads_on(error: &SourceError) -> bool {
    let SourceError::Malformed { kind, .. } = error else { return false };
    matches!(kind, AnswerKind::NotFound | AnswerKind::WebPage | AnswerKind::Other)
}
