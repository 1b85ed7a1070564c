//! The daemon: whether one keeps the list true, and what it says of itself.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use humantime::parse_rfc3339;
use serde_json::Value;

use domain::{by_number, count, name_some};

use super::finding::{Check, Finding};
use crate::seen::Seen;

/// A pause that lasts longer is worth a word.
const LONG: Duration = Duration::from_secs(5 * 60);

/// What there is of it.
pub(crate) struct DaemonFacts {
    /// The daemon; or why its note cannot be read.
    pub(crate) seen: Result<Seen, String>,
    /// Whether OpenClaw has the lmsync plugin enabled, which starts it with the gateway.
    pub(crate) plugin_is_enabled: bool,
    /// The definition of the service that `lmsync service install` made.
    pub(crate) service: Option<PathBuf>,
    pub(crate) now: SystemTime,
}

impl DaemonFacts {
    pub(crate) fn runs(&self) -> bool {
        self.seen.as_ref().is_ok_and(|seen| seen.runs().is_some())
    }
}

pub(crate) fn diagnose(facts: &DaemonFacts) -> Vec<Finding> {
    let mut found = vec![running(facts)];
    match &facts.seen {
        Ok(Seen::Silent { why, .. }) => found.push(
            Check("daemon.status")
                .warning(format!("it does not show its status: {why}"))
                .line("look where it runs, in its container for example, with", "lmsync status"),
        ),
        Ok(Seen::Answers { status, .. }) => {
            found.extend([last_pass(status), pause(status, facts.now)]);
            found.extend(held(status));
        }
        Ok(Seen::Nobody { .. } | Seen::Stale { .. } | Seen::Off { .. }) | Err(_) => {}
    }
    found
}

fn running(facts: &DaemonFacts) -> Finding {
    const CHECK: Check = Check("daemon.running");
    match &facts.seen {
        Err(why) => CHECK
            .warning(format!("whether a daemon runs cannot be told: {why}"))
            .line("a daemon that starts writes its note again", "lmsync run"),
        Ok(Seen::Stale { note, age }) => {
            let (pid, age) = (note.pid, age.as_secs());
            let sentence =
                format!("the daemon (process {pid}) has not been active for {age} s: it was killed, or hangs");
            start(CHECK.failure(sentence), facts)
        }
        Ok(seen) => match seen.runs() {
            Some(runs) => CHECK.good(runs),
            None => {
                let sentence = "no daemon runs with this configuration: nothing keeps the list true";
                start(CHECK.warning(sentence), facts)
            }
        },
    }
}

/// Says how the daemon is started.
fn start(finding: Finding, facts: &DaemonFacts) -> Finding {
    if facts.plugin_is_enabled {
        let say = "OpenClaw's lmsync plugin starts it with the gateway, whose log says more; start that again";
        finding.line(say, "openclaw gateway restart")
    } else if let Some(definition) = &facts.service {
        let say = format!("its service ({}) does not run; to see what became of it, run", definition.display());
        finding.line(say, "lmsync service status")
    } else {
        finding.line("start it in a terminal, or as a service by `lmsync service install`", "lmsync run")
    }
}

fn last_pass(status: &Value) -> Finding {
    const CHECK: Check = Check("daemon.pass");
    let summary = status["summary"].as_str().unwrap_or_default().trim_end_matches('.');
    match status["lastPass"]["outcome"].as_str() {
        None => CHECK.warning("it has made no pass yet").line("to see what it waits for, run", "lmsync status"),
        Some("failed") => CHECK
            .failure(format!("its last pass failed: {summary}"))
            .line("see the checks above; for what it found, run", "lmsync status"),
        Some("changed") => CHECK.good("its last pass wrote a change"),
        Some(_) => CHECK.good("its last pass found all as it should be"),
    }
}

/// What keeps the next pass waiting.
fn pause(status: &Value, now: SystemTime) -> Finding {
    const CHECK: Check = Check("daemon.pause");
    let pause = &status["pause"];
    let Some(source) = pause["source"].as_str() else {
        return CHECK.good("no inference keeps it waiting");
    };
    let since = pause["since"].as_str().and_then(|since| parse_rfc3339(since).ok());
    let lasts = since.and_then(|since| now.duration_since(since).ok()).unwrap_or_default();
    let reason = pause["reason"].as_str().unwrap_or_default();
    let sentence = format!("inference keeps it waiting for {} s: {reason}, says {source}", lasts.as_secs());
    if lasts < LONG {
        return CHECK.good(sentence);
    }
    CHECK.warning(sentence).line("bound any pause", "LMSYNC_MAX_PAUSE=5m")
}

/// Models that their server no longer lists, and that stay for now.
fn held(status: &Value) -> Option<Finding> {
    let servers = status["servers"].as_array().into_iter().flatten();
    let models = servers.flat_map(|server| server["models"].as_array().into_iter().flatten());
    let held: Vec<&Value> = models.filter(|model| model["state"] == "held").collect();
    let why = held.first()?["why"].as_str().unwrap_or_default();
    let ids: Vec<&str> = held.iter().filter_map(|model| model["id"].as_str()).collect();
    let (removals, are) = (count(ids.len(), "removal"), by_number(ids.len(), "is", "are"));
    let say = "how long lmsync waits before it believes an empty list is a setting, such as";
    let finding = Check("daemon.held").warning(format!("{removals} {are} held back ({}): {why}", name_some(&ids)));
    Some(finding.line(say, "LMSYNC_EMPTY_AFTER=60s"))
}

#[cfg(test)]
mod tests {
    use adapters_fs::DaemonNote;
    use serde_json::json;

    use super::*;
    use crate::doctor::finding::Severity;

    #[test]
    fn a_pause_becomes_a_warning_when_it_lasts() {
        let status = json!({ "pause": { "source": "gateway", "reason": "1 run", "since": "2026-01-01T00:00:00Z" } });
        let since = parse_rfc3339("2026-01-01T00:00:00Z").unwrap();
        assert_eq!(pause(&status, since + LONG / 2).severity, Severity::Good);
        let long = pause(&status, since + LONG);
        assert_eq!(long.severity, Severity::Warning);
        assert_eq!(long.sentence, "inference keeps it waiting for 300 s: 1 run, says gateway");
    }

    #[test]
    fn the_advice_is_about_what_starts_it() {
        let advice = |plugin_is_enabled, service: Option<&str>| {
            let (now, service) = (SystemTime::UNIX_EPOCH, service.map(PathBuf::from));
            let seen = Ok(Seen::Nobody { folder: PathBuf::new(), plugin_is_enabled });
            let facts = DaemonFacts { seen, plugin_is_enabled, service, now };
            format!("{:?}", running(&facts).fix)
        };
        let by_plugin = advice(true, None);
        assert!(by_plugin.contains("openclaw gateway restart") && !by_plugin.contains("lmsync run"));
        assert!(advice(false, None).contains("lmsync run"));
        let by_service = advice(false, Some("/u/lmsync.service"));
        assert!(by_service.contains("lmsync service status") && by_service.contains("/u/lmsync.service"));
    }

    #[test]
    fn a_status_of_another_version_is_read_as_far_as_it_goes() {
        let note = DaemonNote {
            pid: 1,
            version: "9.9.9".to_owned(),
            interval_ms: 1,
            patience_ms: 1,
            files: Vec::new(),
            listens: None,
            plugin: None,
        };
        let seen = Ok(Seen::Answers { note, age: Duration::ZERO, status: json!({ "servers": 7 }) });
        let now = SystemTime::UNIX_EPOCH;
        let facts = DaemonFacts { seen, plugin_is_enabled: false, service: None, now };
        let found: Vec<_> = diagnose(&facts).iter().map(|finding| (finding.check, finding.severity)).collect();
        assert_eq!(
            found,
            [("daemon.running", Severity::Good), ("daemon.pass", Severity::Warning), ("daemon.pause", Severity::Good)]
        );
    }
}
