//! The daemon: whether one keeps the list true, and what it says of itself.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use adapters_fs::Sign;
use humantime::parse_rfc3339;
use serde_json::Value;

use super::finding::{Finding, count, some};

/// A pause that lasts longer is worth a word.
const LONG: Duration = Duration::from_secs(5 * 60);

/// What there is of it.
pub(crate) struct DaemonFacts {
    /// Its sign of life; or why that cannot be read.
    pub(crate) sign: Result<Sign, String>,
    /// What its status server says, where it has one; or why it does not.
    pub(crate) status: Option<Result<Value, String>>,
    /// Whether OpenClaw has the lmsync plugin enabled, which starts it with the gateway.
    pub(crate) plugin_is_enabled: bool,
    /// The definition of the service that `lmsync service install` made.
    pub(crate) service: Option<PathBuf>,
    pub(crate) now: SystemTime,
}

impl DaemonFacts {
    pub(crate) fn runs(&self) -> bool {
        matches!(self.sign, Ok(Sign::Alive(..)))
    }
}

pub(crate) fn diagnose(facts: &DaemonFacts) -> Vec<Finding> {
    let mut found = vec![running(facts)];
    match &facts.status {
        None => {}
        Some(Err(why)) => found.push(
            Finding::warning("daemon.status", format!("it does not show its status: {why}"))
                .line("look where it runs, in its container for example, with", "lmsync status"),
        ),
        Some(Ok(status)) => {
            found.push(pass(status));
            found.push(paused(status, facts.now));
            found.extend(held(status));
        }
    }
    found
}

fn running(facts: &DaemonFacts) -> Finding {
    const CHECK: &str = "daemon.running";
    let start = |finding: Finding| {
        if facts.plugin_is_enabled {
            let say =
                "OpenClaw's lmsync plugin starts it with the gateway, whose log says more; start that again";
            finding.line(say, "openclaw gateway restart")
        } else if let Some(definition) = &facts.service {
            let say = format!("its service ({}) does not run; what became of it, says", definition.display());
            finding.line(say, "lmsync service status")
        } else {
            finding.line("start it in a terminal, or as a service by `lmsync service install`", "lmsync run")
        }
    };
    match &facts.sign {
        Err(why) => Finding::warning(CHECK, format!("whether a daemon runs cannot be told: {why}"))
            .line("a daemon that starts writes its note again", "lmsync run"),
        Ok(Sign::None) => start(Finding::warning(
            CHECK,
            "no daemon runs with this configuration: nothing keeps the list true",
        )),
        Ok(Sign::Stale(note, age)) => start(Finding::failure(
            CHECK,
            format!(
                "the daemon (process {}) has not turned for {} s: it was killed, or hangs",
                note.pid,
                age.as_secs()
            ),
        )),
        Ok(Sign::Alive(note, age)) => Finding::good(
            CHECK,
            format!(
                "lmsync {} runs (process {}{}), and turned {} s ago",
                note.version,
                note.pid,
                if note.plugin.is_some() { ", started by OpenClaw's lmsync plugin" } else { "" },
                age.as_secs()
            ),
        ),
    }
}

/// Its last pass.
fn pass(status: &Value) -> Finding {
    const CHECK: &str = "daemon.pass";
    let outcome = status["lastPass"]["outcome"].as_str();
    let summary = status["summary"].as_str().unwrap_or_default().trim_end_matches('.');
    match outcome {
        None => Finding::warning(CHECK, "it has made no pass yet")
            .line("what it waits for, says", "lmsync status"),
        Some("failed") => Finding::failure(CHECK, format!("its last pass failed: {summary}"))
            .line("what helps is said above, and by", "lmsync status"),
        Some("changed") => Finding::good(CHECK, "its last pass wrote a change"),
        Some(_) => Finding::good(CHECK, "its last pass found all as it should be"),
    }
}

/// What keeps the next pass waiting.
fn paused(status: &Value, now: SystemTime) -> Finding {
    const CHECK: &str = "daemon.pause";
    let pause = &status["pause"];
    let Some(source) = pause["source"].as_str() else {
        return Finding::good(CHECK, "no inference keeps it waiting");
    };
    let since = pause["since"].as_str().and_then(|since| parse_rfc3339(since).ok());
    let lasts = since.and_then(|since| now.duration_since(since).ok()).unwrap_or_default();
    let reason = pause["reason"].as_str().unwrap_or_default();
    let sentence = format!("inference keeps it waiting for {} s: {reason}, says {source}", lasts.as_secs());
    if lasts < LONG {
        return Finding::good(CHECK, sentence);
    }
    Finding::warning(CHECK, sentence).line("bound any pause", "LMSYNC_MAX_PAUSE=5m")
}

/// Models that their server no longer lists, and that stay for now.
fn held(status: &Value) -> Option<Finding> {
    let servers = status["servers"].as_array().into_iter().flatten();
    let models = servers.flat_map(|server| server["models"].as_array().into_iter().flatten());
    let held: Vec<&Value> = models.filter(|model| model["state"] == "held").collect();
    let why = held.first()?["why"].as_str().unwrap_or_default();
    let ids: Vec<&str> = held.iter().filter_map(|model| model["id"].as_str()).collect();
    Some(
        Finding::warning("daemon.held", format!("{} held back ({}): {why}", removals(ids.len()), some(&ids)))
            .line(
                "how long a list has to be empty until it is believed is a setting, such as",
                "LMSYNC_EMPTY_AFTER=60s",
            ),
    )
}

fn removals(number: usize) -> String {
    format!("{} {}", count(number, "removal"), if number == 1 { "is" } else { "are" })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::doctor::finding::Severity;

    #[test]
    fn a_pause_becomes_a_warning_when_it_lasts() {
        let status =
            json!({ "pause": { "source": "gateway", "reason": "1 run", "since": "2026-01-01T00:00:00Z" } });
        let since = parse_rfc3339("2026-01-01T00:00:00Z").unwrap();
        assert_eq!(paused(&status, since + LONG / 2).severity, Severity::Good);
        let long = paused(&status, since + LONG);
        assert_eq!(long.severity, Severity::Warning);
        assert_eq!(long.sentence, "inference keeps it waiting for 300 s: 1 run, says gateway");
    }

    #[test]
    fn the_advice_is_about_what_starts_it() {
        let advice = |plugin_is_enabled, service: Option<&str>| {
            let (now, service) = (SystemTime::UNIX_EPOCH, service.map(PathBuf::from));
            let facts = DaemonFacts { sign: Ok(Sign::None), status: None, plugin_is_enabled, service, now };
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
        let status = Some(Ok(json!({ "servers": 7 })));
        let now = SystemTime::UNIX_EPOCH;
        let facts =
            DaemonFacts { sign: Ok(Sign::None), status, plugin_is_enabled: false, service: None, now };
        let found: Vec<_> =
            diagnose(&facts).iter().map(|finding| (finding.check, finding.severity)).collect();
        assert_eq!(
            found,
            [
                ("daemon.running", Severity::Warning),
                ("daemon.pass", Severity::Warning),
                ("daemon.pause", Severity::Good)
            ]
        );
    }
}
