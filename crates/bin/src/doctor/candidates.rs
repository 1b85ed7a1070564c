//! The places where LM Studio can be while nobody has set its address: which one answers, and why the others do not.

use domain::ports::{Failure, SourceError, Wants};

use super::finding::Finding;
use crate::default_server::Candidate;
use crate::host_kind::HostKind;

/// What was found of them; none where a person has set the server's address.
pub(crate) struct CandidateFacts {
    pub(crate) place: HostKind,
    pub(crate) candidates: Vec<Candidate>,
    /// The address of the one that is used.
    pub(crate) used: String,
}

/// A finding for each place.
pub(crate) fn diagnose_candidates(facts: &CandidateFacts) -> Vec<Finding> {
    const CHECK: &str = "server.candidates";
    let one_lists = facts.candidates.iter().any(Candidate::lists);
    let finding = |candidate: &Candidate| {
        let address = candidate.url.api.to_string();
        let Some(error) = &candidate.failure else {
            let used = if address == facts.used { "it is used" } else { "an earlier one is used" };
            return Finding::good(CHECK, format!("no server is set; {address} lists models, and {used}"));
        };
        let sentence = format!("no server is set; {address} was tried: {}", reason(error));
        // A place where nobody is does no harm as long as LM Studio is at another.
        if one_lists {
            return Finding::good(CHECK, sentence);
        }
        let found = Finding::warning(CHECK, sentence);
        let host = candidate.url.api.host().unwrap_or_default();
        match help(facts.place, host, error) {
            (say, None) => found.fix(say),
            (say, Some(line)) => found.line(say, line),
        }
    };
    facts.candidates.iter().map(finding).collect()
}

/// What came of asking there, in a few words.
pub(crate) fn reason(error: &SourceError) -> String {
    match error {
        SourceError::Unreachable { failure: Failure::Unresolved, .. } => {
            "the name is not known here".to_owned()
        }
        SourceError::Unreachable { failure: Failure::Refused, .. } => "nothing listens there".to_owned(),
        SourceError::Unreachable { .. } => "it cannot be reached".to_owned(),
        SourceError::TimedOut { limit, .. } => format!("no answer within {} s", limit.as_secs_f32()),
        SourceError::Unauthorized { wants: Wants::Key | Wants::AnotherKey, .. } => {
            "it wants a key".to_owned()
        }
        SourceError::Unauthorized { wants, .. } => format!("it {wants}"),
        SourceError::Malformed { kind, .. } => format!("it {kind}"),
    }
}

const SERVE: &str = "in LM Studio: Developer > Start server, and turn on \"Serve on local network\"";
const START: &str = "start LM Studio's server (Developer > Start server)";
const BIND: &str = "lms server start --bind 0.0.0.0 --port 1234";

const LET_WSL_PASS: &str = "New-NetFirewallRule -DisplayName \"LM Studio for WSL\" -Direction Inbound -Protocol TCP \
                            -LocalPort 1234 -RemoteAddress LocalSubnet -Action Allow";

/// What helps where this process runs.
fn help(place: HostKind, host: &str, error: &SourceError) -> (&'static str, Option<&'static str>) {
    let is_local = host == "localhost";
    match error {
        SourceError::Unauthorized { .. } => {
            ("if that is LM Studio, set an API token of it", Some("OPENAI_API_KEY=sk-lm-…"))
        }
        SourceError::Unreachable { failure: Failure::Unresolved, .. } => match place {
            HostKind::Container("Docker" | "Podman") => (
                "compose: give the service the host's name",
                Some("extra_hosts: [\"host.docker.internal:host-gateway\"]"),
            ),
            HostKind::Container(_) => {
                ("set the server's address", Some("OPENAI_API_BASE=http://HOST:1234/v1"))
            }
            _ => ("nothing to do: only Docker gives this machine such a name", None),
        },
        SourceError::Unreachable { .. } | SourceError::TimedOut { .. } => match place {
            HostKind::Container(_) if is_local => (
                "nothing to do: inside a container that is the container itself, and LM Studio is on its host",
                None,
            ),
            HostKind::Container(_) => (SERVE, Some(BIND)),
            HostKind::Wsl(_) if is_local => (
                "LM Studio on Windows is not here unless WSL's network is mirrored (.wslconfig: networkingMode=mirrored)",
                None,
            ),
            HostKind::Wsl(_) => (
                "in LM Studio on Windows: turn on \"Serve on local network\", and let Windows' firewall pass WSL, in PowerShell \
                 as administrator",
                Some(LET_WSL_PASS),
            ),
            _ if is_local => (START, Some("lms server start --port 1234")),
            _ => (SERVE, Some(BIND)),
        },
        _ => (
            "where LM Studio listens on another port or machine, set its address",
            Some("OPENAI_API_BASE=http://HOST:1234/v1"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use config::ServerUrl;

    use super::*;

    fn told(place: HostKind, host: &str, failure: Failure) -> Finding {
        let error = SourceError::Unreachable { address: String::new(), failure, cause: "no".into() };
        let candidates = vec![Candidate { url: ServerUrl::parse(host).unwrap(), failure: Some(error) }];
        diagnose_candidates(&CandidateFacts { place, candidates, used: String::new() }).swap_remove(0)
    }

    #[test]
    fn what_helps_fits_the_place() {
        let say = |place, host: &str, failure| told(place, host, failure).fix.unwrap().say;
        let docker = HostKind::Container("Docker");
        assert!(
            say(docker, "host.docker.internal:1234", Failure::Refused).contains("Serve on local network")
        );
        assert!(say(docker, "localhost:1234", Failure::Refused).contains("the container itself"));
        assert!(say(docker, "host.docker.internal:1234", Failure::Unresolved).contains("compose"));
        assert!(say(HostKind::Wsl(None), "172.20.0.1:1234", Failure::Other).contains("on Windows"));
        assert!(say(HostKind::Wsl(None), "localhost:1234", Failure::Refused).contains("mirrored"));
        assert!(say(HostKind::Mac, "localhost:1234", Failure::Refused).contains("Start server"));
    }

    #[test]
    fn a_place_where_nobody_is_is_no_trouble_where_another_one_answers() {
        let error =
            SourceError::TimedOut { address: String::new(), limit: std::time::Duration::from_secs(2) };
        let url = |host| ServerUrl::parse(host).unwrap();
        let candidates = vec![
            Candidate { url: url("localhost:1234"), failure: Some(error) },
            Candidate { url: url("host.docker.internal:1234"), failure: None },
        ];
        let used = "http://host.docker.internal:1234/v1".to_owned();
        let found = diagnose_candidates(&CandidateFacts { place: HostKind::Linux, candidates, used });
        assert!(found.iter().all(|finding| finding.severity == super::super::finding::Severity::Good));
        assert!(found[1].sentence.contains("it is used"), "{}", found[1].sentence);
    }
}
