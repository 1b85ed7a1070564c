//! The daemon: whether one keeps the list true.

use adapters_fs::Sign;

use super::finding::Finding;

/// What there is of it.
pub(crate) struct DaemonFacts {
    /// Its sign of life; or why that cannot be read.
    pub(crate) sign: Result<Sign, String>,
}

impl DaemonFacts {
    pub(crate) fn runs(&self) -> bool {
        matches!(self.sign, Ok(Sign::Alive(..)))
    }
}

pub(crate) fn judge(facts: &DaemonFacts) -> Vec<Finding> {
    const CHECK: &str = "daemon.running";
    let start = |finding: Finding| finding.line("start it, as a service or in a terminal", "lmsync run");
    vec![match &facts.sign {
        Err(why) => Finding::warning(CHECK, format!("whether a daemon runs cannot be told: {why}"))
            .line("a daemon that starts writes its note anew", "lmsync run"),
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
                "lmsync {} runs (process {}), and turned {} s ago",
                note.version,
                note.pid,
                age.as_secs()
            ),
        ),
    }]
}
