//! Asking for the list of models, and for the pages that follow where a server gives it page by page.

use domain::ports::SourceError;
use domain::{Listing, Unread};
use http::Uri;
use tokio::time::timeout;

use super::arriving::Arriving;
use super::client::LmStudio;
use super::key::ServerKey;
use super::listing::{Next, Page, Pages};
use super::url::Url;
use crate::http_client::Intake;

/// The most pages of one list that are read.
const MAX_PAGES: usize = 100;

/// The most bytes of a list that are read, all pages together: twice as many as 100,000 entries of OpenRouter's have.
const MAX_LIST: usize = 512 * 1024 * 1024;

impl LmStudio {
    /// The list of models below `base`. What follows the first page takes at most as long as one request, and at most
    /// [`MAX_PAGES`], 100,000 models and [`MAX_LIST`] in all; where that is not enough, or a page fails, the listing
    /// says so.
    pub(super) async fn list_at(&self, base: &Uri) -> Result<Listing, SourceError> {
        let url = Url::below(base, "/models");
        let (first, bytes) = self.ask_for_page(&url).await?;
        let mut pages = Pages::new(first);
        let unread = match pages.next() {
            Next::Nothing => None,
            _ => match timeout(self.0.limit, self.follow(&url, &mut pages, bytes)).await {
                Ok(followed) => followed.err(),
                Err(_too_long) => Some(Unread::Endless),
            },
        };
        Ok(pages.into_listing(unread))
    }

    /// Adds the pages that follow, until there is none.
    async fn follow(&self, url: &Url, pages: &mut Pages, mut bytes: usize) -> Result<(), Unread> {
        for _ in 1..MAX_PAGES {
            let next = match pages.next() {
                Next::Nothing => return Ok(()),
                Next::Somewhere => return Err(Unread::Unnamed),
                Next::After(id) => url.after(id),
            };
            let asked = self.ask_for_page(&next).await.inspect_err(|error| {
                tracing::debug!(error = error as &dyn std::error::Error, "a page of the list cannot be read");
            });
            let (page, length) = asked.map_err(|_told_as_unread| Unread::Refused)?;
            bytes += length;
            if bytes > MAX_LIST {
                return Err(Unread::Endless);
            }
            pages.add(page)?;
        }
        Err(Unread::Endless)
    }

    /// One page, and how many bytes it took.
    async fn ask_for_page(&self, url: &Url) -> Result<(Page, usize), SourceError> {
        let key = self.0.key.as_ref();
        let mut list = Arriving::new(ServerKey::echo(key));
        let mut take = |body: &mut Vec<u8>| list.take(body);
        let mut intake = Intake { most: MAX_LIST, take: Some(&mut take) };
        let asked = self.get_by_parts(url, &mut intake).await;
        let answer = asked.map_err(|error| error.at(url.to_string()))?;
        match self.read(&answer, |body| list.finish(body)) {
            Ok(page) => {
                let echo = ServerKey::echo(key);
                Ok((page.showing(|entry| echo.out_of_entry(entry)), answer.length))
            }
            Err(found) => Err(self.error(url, &answer, found)),
        }
    }
}
