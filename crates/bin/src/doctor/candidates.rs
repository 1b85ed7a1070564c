//! The places where LM Studio can be while nobody has set its address: which one answers, and why the others do not.

use std::time::Duration;

use domain::ports::{Failure, SourceError, Wants};

use super::finding::{Check, Finding};
use super::server::{Asked, unreached};
use crate::default_server::Candidate;
use crate::host_kind::HostKind;

/// What was found of them, where nobody has set the server's address.
pub(crate) struct CandidateFacts {
    pub(crate) here: HostKind,
    /// How long each may take to answer.
    pub(crate) timeout: Duration,
    pub(crate) candidates: Vec<Candidate>,
    /// The address of the one that is used.
    pub(crate) used: String,
}

/// A finding for each place.
pub(crate) fn diagnose_candidates(facts: &CandidateFacts) -> Vec<Finding> {
    const CHECK: Check = Check("server.candidates");
    let one_lists = facts.candidates.iter().any(Candidate::lists);
    let finding = |candidate: &Candidate| {
        let asked = Asked::new(&candidate.url, facts.timeout, facts.here);
        let address = &asked.address;
        let Some(error) = &candidate.failure else {
            let used = if *address == facts.used { "it is used" } else { "an earlier one is used" };
            return CHECK.good(format!("no server is set; {address} lists models, and {used}"));
        };
        let sentence = format!("no server is set; {address} was tried: {}", reason(error));
        // A place where nobody is does no harm as long as LM Studio is at another, or where none can be.
        if one_lists || cannot_be_there(&asked, error) {
            return CHECK.good(sentence);
        }
        Finding { fix: unreached(&asked, true, error).fix, ..CHECK.warning(sentence) }
    };
    facts.candidates.iter().map(finding).collect()
}

/// Whether LM Studio cannot be at a place: only Docker gives a machine the name of its host, and inside a container
/// the loopback address is the container itself.
fn cannot_be_there(asked: &Asked, error: &SourceError) -> bool {
    let is_unknown = matches!(error, SourceError::Unreachable { failure: Failure::Unresolved, .. });
    if asked.here.container().is_some() { asked.is_loopback() } else { is_unknown }
}

/// What came of asking there, in a few words.
pub(crate) fn reason(error: &SourceError) -> String {
    match error {
        SourceError::Unreachable { failure, .. } => match failure {
            Failure::Unresolved => "the name is not known here".to_owned(),
            Failure::Refused => "nothing listens there".to_owned(),
            _ => "it cannot be reached".to_owned(),
        },
        SourceError::TimedOut { limit, .. } => format!("no answer within {} s", limit.as_secs_f32()),
        SourceError::Unauthorized { wants: Wants::Key | Wants::AnotherKey, .. } => "it wants a key".to_owned(),
        SourceError::Unauthorized { wants, .. } => format!("it {wants}"),
        SourceError::Malformed { kind, .. } => format!("it {kind}"),
    }
}

#[cfg(test)]
mod tests {
    use config::ServerUrl;

    use super::*;
    use crate::doctor::finding::Severity;

    fn diagnosed(here: HostKind, candidates: Vec<Candidate>, used: &str) -> Vec<Finding> {
        let (timeout, used) = (Duration::from_secs(2), used.to_owned());
        diagnose_candidates(&CandidateFacts { here, timeout, candidates, used })
    }

    fn told(place: HostKind, host: &str, failure: Failure) -> Finding {
        let error = SourceError::Unreachable { address: String::new(), failure, cause: "no".into() };
        let candidates = vec![Candidate { url: ServerUrl::parse(host).unwrap(), failure: Some(error) }];
        diagnosed(place, candidates, "").swap_remove(0)
    }

    #[test]
    fn what_helps_fits_the_place() {
        let say = |place, host: &str, failure| told(place, host, failure).fix.unwrap().say;
        let docker = HostKind::Container("Docker");
        assert!(say(docker, "host.docker.internal:1234", Failure::Refused).contains("Serve on local network"));
        assert!(say(docker, "host.docker.internal:1234", Failure::Unresolved).contains("compose"));
        assert!(say(HostKind::Wsl(None), "172.20.0.1:1234", Failure::Refused).contains("Serve on local network"));
        assert!(say(HostKind::Wsl(None), "localhost:1234", Failure::Refused).contains("mirror WSL's network"));
        assert!(say(HostKind::Mac, "localhost:1234", Failure::Refused).contains("Start server"));
    }

    #[test]
    fn a_place_where_lm_studio_cannot_be_is_no_trouble() {
        let severity = |place, host, failure| told(place, host, failure).severity;
        let docker = HostKind::Container("Docker");
        assert_eq!(severity(docker, "localhost:1234", Failure::Refused), Severity::Good);
        assert_eq!(severity(docker, "host.docker.internal:1234", Failure::Refused), Severity::Warning);
        let unknown = severity(HostKind::Linux, "host.docker.internal:1234", Failure::Unresolved);
        assert_eq!(unknown, Severity::Good);
    }

    #[test]
    fn a_place_where_nobody_is_is_no_trouble_where_another_one_answers() {
        let error = SourceError::TimedOut { address: String::new(), limit: std::time::Duration::from_secs(2) };
        let url = |host| ServerUrl::parse(host).unwrap();
        let candidates = vec![
            Candidate { url: url("localhost:1234"), failure: Some(error) },
            Candidate { url: url("host.docker.internal:1234"), failure: None },
        ];
        let found = diagnosed(HostKind::Linux, candidates, "http://host.docker.internal:1234/v1");
        assert!(found.iter().all(|finding| finding.severity == Severity::Good));
        assert!(found[1].sentence.contains("it is used"), "{}", found[1].sentence);
    }
}
