//! LM Studio, or another server with OpenAI's `GET /models`, asked over HTTP.

pub(crate) mod activity;
mod answer_kind;
mod arriving;
mod bases;
mod client;
mod described;
mod echo;
mod facts;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod identity;
mod json;
mod key;
mod listing;
mod native;
mod not_a_list;
mod ollama;
mod pages;
mod stated;
mod url;
mod words;

use domain::ports::Cause;
use domain::{Listing, Unread};

pub use self::activity::LmStudioActivity;
pub use self::client::{LmStudio, ServerAddress};
pub use self::identity::Identity;
pub use self::key::ServerKey;
use self::listing::{Next, Pages};

/// Reads the body of an answer to `GET /models` without asking for what follows it: the reading alone.
///
/// # Errors
/// Why it is no list of models; never the server's own text but for a short, harmless part of it.
pub fn read_listing(body: &[u8]) -> Result<Listing, Cause> {
    let pages = Pages::new(listing::parse(body)?);
    let unread = (*pages.next() != Next::Nothing).then_some(Unread::Unnamed);
    Ok(pages.into_listing(unread))
}
