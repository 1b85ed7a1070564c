//! The server while nobody has set one: of the places where LM Studio can be, the first that lists models.

use std::time::Duration;

use adapters_http::{LmStudio, ServerKey, Tls};
use config::{ServerUrl, Settings};
use domain::Secret;
use domain::ports::{Failure, ModelSource, SourceError, Wants};
use futures_util::stream::{FuturesOrdered, StreamExt};
use tracing::info;

use crate::address::address;
use crate::host_kind::HostKind;

/// The key that is sent where nobody has set one: LM Studio takes any where it wants none, and it is nobody's secret.
pub(crate) const PLACEHOLDER: &str = "lm-studio";

/// The server is looked for again after so many passes in a row that it did not answer.
const MISSES: u32 = 3;

/// A place where LM Studio can be, and what came of asking there.
pub(crate) struct Candidate {
    pub(crate) url: ServerUrl,
    /// Why it is not used. `None` where it listed its models.
    pub(crate) failure: Option<SourceError>,
}

impl Candidate {
    pub(crate) fn lists(&self) -> bool {
        self.failure.is_none()
    }

    fn wants_a_key(&self) -> bool {
        matches!(self.failure, Some(SourceError::Unauthorized { wants: Wants::Key | Wants::AnotherKey, .. }))
    }

    fn is_unknown_here(&self) -> bool {
        matches!(self.failure, Some(SourceError::Unreachable { failure: Failure::Unresolved, .. }))
    }
}

/// How many candidates are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// Until one lists models: the rest would change nothing.
    Found,
    /// All of them, for a person to see.
    All,
}

/// Asks the places where LM Studio can be, all at the same time, and tells what came of it in their order.
pub(crate) async fn ask_candidates(place: HostKind, timeout: Duration, tls: &Tls, until: Until) -> Vec<Candidate> {
    let urls = place.candidates().into_iter().filter_map(|address| ServerUrl::parse(&address).ok());
    let mut asked: FuturesOrdered<_> = urls
        .map(|url| async {
            let key = Secret::new(PLACEHOLDER).map(ServerKey::from);
            let client = LmStudio::new(address(&url), key, timeout, tls.clone());
            Candidate { failure: client.models().await.err(), url }
        })
        .collect();
    let mut candidates = Vec::new();
    while let Some(candidate) = asked.next().await {
        let ends = candidate.lists() && until == Until::Found;
        candidates.push(candidate);
        if ends {
            break;
        }
    }
    candidates
}

/// Which of the candidates is the server: the first that lists models; else, for a person who has set a key, the first
/// that wants one. Where there is none: the first whose name is known here, to be asked until another one answers.
pub(crate) fn choose(candidates: &[Candidate], has_own_key: bool) -> (Option<&Candidate>, bool) {
    let wants_it = || candidates.iter().find(|candidate| has_own_key && candidate.wants_a_key());
    let found = candidates.iter().find(|candidate| candidate.lists()).or_else(wants_it);
    let known = || candidates.iter().find(|candidate| !candidate.is_unknown_here()).or(candidates.first());
    (found.or_else(known), found.is_some())
}

/// The default server of a daemon, which moves: LM Studio may be started elsewhere.
pub(crate) struct DefaultServer {
    place: HostKind,
    timeout: Duration,
    tls: Tls,
    has_own_key: bool,
    url: ServerUrl,
    is_found: bool,
}

impl DefaultServer {
    /// Looks for it.
    pub(crate) async fn find(settings: &Settings, tls: Tls) -> Self {
        let mut server = Self {
            place: HostKind::find(),
            timeout: settings.timeout,
            tls,
            has_own_key: has_own_key(settings),
            url: settings.server.clone(),
            is_found: false,
        };
        server.find_again().await;
        server
    }

    /// Its address.
    pub(crate) fn url(&self) -> &ServerUrl {
        &self.url
    }

    /// Whether it has ever answered there. A person's key goes to no other.
    pub(crate) fn is_found(&self) -> bool {
        self.is_found
    }

    /// Looks for it again where it did not answer for so many passes in a row; says whether it is another one now.
    pub(crate) async fn follow(&mut self, misses: u32) -> bool {
        misses > 0 && (misses >= MISSES || !self.is_found) && self.find_again().await
    }

    async fn find_again(&mut self) -> bool {
        let candidates = ask_candidates(self.place, self.timeout, &self.tls, Until::Found).await;
        let (Some(chosen), found) = choose(&candidates, self.has_own_key) else { return false };
        // The one that answered last is the likeliest to come back.
        if !found && self.is_found {
            return false;
        }
        let before = (std::mem::replace(&mut self.url, chosen.url.clone()), self.is_found);
        self.is_found = found;
        if found && before != (self.url.clone(), true) {
            info!(
                name: "server_found", server = %self.url.api,
                "no server is set: the models are those of the one that answers here"
            );
        }
        before != (self.url.clone(), self.is_found)
    }
}

/// Whether a person has set a key, which is worth more than the placeholder.
pub(crate) fn has_own_key(settings: &Settings) -> bool {
    settings.key.as_ref().is_some_and(|key| key.expose() != PLACEHOLDER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(host: &str, failure: Option<SourceError>) -> Candidate {
        Candidate { url: ServerUrl::parse(host).unwrap(), failure }
    }

    fn unreachable(failure: Failure) -> Option<SourceError> {
        Some(SourceError::Unreachable { address: String::new(), failure, cause: "no".into() })
    }

    fn refused_key() -> Option<SourceError> {
        Some(SourceError::Unauthorized { address: String::new(), status: 401, wants: Wants::AnotherKey, words: None })
    }

    fn chosen(candidates: &[Candidate], has_own_key: bool) -> (String, bool) {
        let (chosen, found) = choose(candidates, has_own_key);
        (chosen.unwrap().url.api.host().unwrap().to_owned(), found)
    }

    #[test]
    fn the_first_that_lists_models_is_the_server() {
        let candidates = [candidate("a", refused_key()), candidate("b", None), candidate("c", None)];
        assert_eq!(chosen(&candidates, true), ("b".to_owned(), true));
    }

    #[test]
    fn one_that_wants_a_key_is_used_by_a_person_who_has_set_one() {
        let candidates = [candidate("a", unreachable(Failure::Refused)), candidate("b", refused_key())];
        assert_eq!(chosen(&candidates, true), ("b".to_owned(), true));
        assert_eq!(chosen(&candidates, false), ("a".to_owned(), false));
    }

    #[test]
    fn where_none_answers_one_that_is_known_here_is_asked_on() {
        let candidates =
            [candidate("a", unreachable(Failure::Unresolved)), candidate("b", unreachable(Failure::Refused))];
        assert_eq!(chosen(&candidates, true), ("b".to_owned(), false));
    }
}
