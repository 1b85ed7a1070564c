//! What a server says of its models beside their ids, in its list and beside it.

use std::time::Duration;

use domain::ports::{ModelSource, SourceError};
use domain::{FactDebouncer, FactSheet, Facts, Listing};

/// For how long facts are believed while nothing else calls for new ones.
const MAX_AGE: Duration = Duration::from_secs(60);

/// When facts are asked for again that could not be had.
const RETRY: Duration = Duration::from_secs(10);

/// The facts that hold now, and what decides when to ask for others.
#[derive(Debug)]
pub(super) struct ServerFacts {
    debounced: FactDebouncer,
    /// When the server is asked even if nothing else calls for it.
    due: Duration,
    /// Whether the server has facts beside its list, as far as is known since it was last unreachable.
    are_offered: bool,
    /// What it last said beside its list; `None` where it was not asked since it was last unreachable.
    beside_list: Option<FactSheet>,
}

impl Default for ServerFacts {
    fn default() -> Self {
        let debounced = FactDebouncer::default();
        Self { debounced, due: Duration::ZERO, are_offered: true, beside_list: None }
    }
}

impl ServerFacts {
    /// Has all facts asked for at the next pass: another program may answer then. The facts that hold stay until it
    /// does.
    pub(super) fn forget_server(&mut self) {
        (self.due, self.are_offered, self.beside_list) = (Duration::ZERO, true, None);
    }

    pub(super) fn debounced(&self) -> &FactDebouncer {
        &self.debounced
    }

    /// Takes in what the server says of the listed models. Gives after how long the first fact that waits may change,
    /// and the error where the server was asked for more than its list and failed.
    pub(super) async fn observe(
        &mut self,
        source: &impl ModelSource,
        listing: &Listing,
        before: &Listing,
        lacks_one: impl FnOnce(&FactDebouncer) -> bool,
        now: Duration,
    ) -> (Option<Duration>, Option<SourceError>) {
        match self.ask(source, listing, before, lacks_one, now).await {
            Ok(said) => (self.debounced.observe(listing.ids(), said.as_ref(), now), None),
            Err(error) => {
                let said = self.with_list(listing);
                (self.debounced.observe_listed(listing.ids(), &said, now), Some(error))
            }
        }
    }

    /// What the server says of its models; `None` where that is what it said before. It is asked for more than its list
    /// only where that does not say all, and where there is reason to: LM Studio logs each question, and one that it
    /// does not know as an error.
    async fn ask(
        &mut self,
        source: &impl ModelSource,
        listing: &Listing,
        before: &Listing,
        lacks_one: impl FnOnce(&FactDebouncer) -> bool,
        now: Duration,
    ) -> Result<Option<Facts>, SourceError> {
        if listing.says_all() || !self.are_offered {
            return Ok(Some(Facts::Known(listing.facts().clone())));
        }
        let is_called_for = listing.ids() != before.ids() || lacks_one(&self.debounced);
        if !is_called_for && now < self.due {
            let has_changed = listing.facts() != before.facts() && self.beside_list.is_some();
            return Ok(has_changed.then(|| Facts::Known(self.with_list(listing))));
        }
        let answer = source.facts().await;
        self.due = now + if answer.is_ok() { MAX_AGE } else { RETRY };
        self.are_offered = !matches!(answer, Ok(Facts::NotOffered));
        self.beside_list = match answer? {
            Facts::Known(sheet) => Some(sheet),
            Facts::NotOffered => Some(FactSheet::default()),
        };
        Ok(Some(Facts::Known(self.with_list(listing))))
    }

    /// The list's facts, below those that the server last gave beside it.
    fn with_list(&self, listing: &Listing) -> FactSheet {
        match &self.beside_list {
            Some(beside) => beside.over(listing.facts()),
            None => listing.facts().clone(),
        }
    }
}
