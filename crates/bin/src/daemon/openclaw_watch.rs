//! OpenClaw as it was last seen. Another gateway, or another configuration, may show other models, and need other help.

use std::mem;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use adapters_http::GatewaySeen;
use app::NOTICED;

use crate::stamp::Stamp;

/// By how much two looks at one gateway may differ about when it started: they are made from how long it runs.
const SAME_START: Duration = Duration::from_secs(5);

/// The gateway and `openclaw.json`, as they were at the last look.
pub(crate) struct OpenClawWatch {
    openclaw_json: PathBuf,
    stamp: Stamp,
    /// Whether it was written, and that was not told of yet.
    untold: bool,
    gateway: Option<GatewaySeen>,
}

impl OpenClawWatch {
    /// Begins with the file as it is.
    pub(crate) fn start(openclaw_json: PathBuf) -> Self {
        Self { stamp: Stamp::of(&openclaw_json), openclaw_json, untold: false, gateway: None }
    }

    /// Whether the file has been written, by whomever, and rested until the gateway must have noticed, or another gateway
    /// runs; once for each. The first gateway is no other one. Costs one `stat`.
    pub(crate) fn has_changed(&mut self, seen: Option<GatewaySeen>) -> bool {
        let stamp = Stamp::of(&self.openclaw_json);
        self.untold |= stamp != mem::replace(&mut self.stamp, stamp);
        let rests = stamp.age().is_none_or(|age| age >= NOTICED);
        let written = rests && mem::take(&mut self.untold);
        let Some(seen) = seen else { return written };
        let is_another = self.gateway.as_ref().is_some_and(|known| !is_same(known, &seen));
        self.gateway = Some(seen);
        written || is_another
    }
}

/// Whether both tell of one run of one version.
fn is_same(one: &GatewaySeen, other: &GatewaySeen) -> bool {
    let apart = |one: SystemTime, other: SystemTime| {
        one.duration_since(other).unwrap_or_else(|error| error.duration())
    };
    one.version == other.version
        && one.started_at.zip(other.started_at).is_none_or(|(one, other)| apart(one, other) < SAME_START)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use adapters_http::GatewayMethods;
    use domain::era::{Abilities, Era};

    use super::*;

    fn seen(version: &str, started: u64) -> Option<GatewaySeen> {
        Some(GatewaySeen {
            version: version.to_owned(),
            era: Era::of(version, Abilities::default()),
            protocol: 4,
            methods: GatewayMethods::default(),
            reads: true,
            started_at: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(started)),
        })
    }

    #[test]
    fn a_written_file_and_another_run_of_a_gateway_are_changes_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("openclaw.json");
        let mut watch = OpenClawWatch::start(file.clone());
        assert!(!watch.has_changed(None), "still no file");
        write(&file, "{}", NOTICED * 2);
        assert!(watch.has_changed(None));
        assert!(!watch.has_changed(None));
        assert!(!watch.has_changed(seen("2026.9.6", 1_000)), "the first gateway");
        assert!(!watch.has_changed(seen("2026.9.6", 1_001)), "the same one, connected to again");
        assert!(!watch.has_changed(None));
        assert!(watch.has_changed(seen("2026.9.6", 2_000)), "started anew");
        assert!(watch.has_changed(seen("2026.9.7", 2_000)), "another version");
        fs::remove_file(&file).unwrap();
        assert!(watch.has_changed(seen("2026.9.7", 2_000)));
    }

    #[test]
    fn a_file_is_told_of_when_it_rests() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("openclaw.json");
        let mut watch = OpenClawWatch::start(file.clone());
        write(&file, "{}", Duration::ZERO);
        assert!(!watch.has_changed(None), "the gateway may not have noticed");
        write(&file, "{}", NOTICED);
        assert!(watch.has_changed(None));
        assert!(!watch.has_changed(None));
    }

    /// Writes a file as if it were so long ago.
    fn write(file: &Path, text: &str, ago: Duration) {
        fs::write(file, text).unwrap();
        fs::File::options().write(true).open(file).unwrap().set_modified(SystemTime::now() - ago).unwrap();
    }
}
