//! OpenClaw as it was last seen. Another gateway, or another configuration, may show other models, and need other help.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use adapters_fs::{Lane, OpenClawFile, Stamp};
use adapters_http::GatewaySeen;
use app::NOTICED;

/// How far two readings of one gateway's start may differ: each is computed from its uptime.
const SAME_START: Duration = Duration::from_secs(5);

/// The gateway and `openclaw.json` with all that it includes, as they were last read.
pub(crate) struct OpenClawWatch {
    file: OpenClawFile,
    lane: Lane,
    /// `openclaw.json`, then the files that it includes.
    stamps: Vec<(PathBuf, Stamp)>,
    /// Whether one of them was written, and that was not reported yet.
    unreported: bool,
    gateway: Option<GatewaySeen>,
}

impl OpenClawWatch {
    /// Begins with the files as they are.
    pub(crate) async fn start(file: OpenClawFile) -> Self {
        let lane = Lane::default();
        let looked = file.clone();
        let stamps = lane.run(move || looked.read_stamped().1).await.unwrap_or_default();
        Self { file, lane, stamps, unreported: false, gateway: None }
    }

    /// Whether there was an `openclaw.json` at the last look.
    pub(crate) fn has_file(&self) -> bool {
        self.stamps.first().is_some_and(|(_, stamp)| stamp.is_there())
    }

    /// Whether a file has been written, by anybody, and rested until the gateway must have noticed, or another gateway
    /// runs; once for each. The first gateway is no other one. Costs one `stat` a file; they are read only where one
    /// was written.
    pub(crate) async fn has_changed(&mut self, seen: Option<GatewaySeen>) -> bool {
        let (file, known) = (self.file.clone(), self.stamps.clone());
        let look = move || {
            let is_written = known.is_empty() || known.iter().any(|(path, stamp)| Stamp::read(path) != *stamp);
            is_written.then(|| file.read_stamped().1)
        };
        // A disk that does not answer has nothing new to say.
        if let Ok(Some(stamps)) = self.lane.run(look).await {
            self.stamps = stamps;
            self.unreported = true;
        }
        let rests = |stamp: &Stamp| stamp.age().is_none_or(|age| age >= NOTICED);
        let written = self.unreported && self.stamps.iter().all(|(_, stamp)| rests(stamp));
        self.unreported &= !written;
        let Some(seen) = seen else { return written };
        let is_another = self.gateway.as_ref().is_some_and(|known| !is_same(known, &seen));
        self.gateway = Some(seen);
        written || is_another
    }
}

/// Whether both tell of one run of one version.
fn is_same(one: &GatewaySeen, other: &GatewaySeen) -> bool {
    let apart = |one: SystemTime, other: SystemTime| one.duration_since(other).unwrap_or_else(|error| error.duration());
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
            era: Era::for_gateway(version, Abilities::default()),
            protocol: 4,
            methods: GatewayMethods::default(),
            reads: true,
            started_at: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(started)),
        })
    }

    #[tokio::test]
    async fn a_written_file_and_another_run_of_a_gateway_are_changes_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("openclaw.json");
        let mut watch = watch(&file).await;
        assert!(!watch.has_changed(None).await, "still no file");
        write(&file, "{}", NOTICED * 2);
        assert!(watch.has_changed(None).await);
        assert!(!watch.has_changed(None).await);
        assert!(!watch.has_changed(seen("2026.9.6", 1_000)).await, "the first gateway");
        assert!(!watch.has_changed(seen("2026.9.6", 1_001)).await, "the same one, connected to again");
        assert!(!watch.has_changed(None).await);
        assert!(watch.has_changed(seen("2026.9.6", 2_000)).await, "started again");
        assert!(watch.has_changed(seen("2026.9.7", 2_000)).await, "another version");
        fs::remove_file(&file).unwrap();
        assert!(watch.has_changed(seen("2026.9.7", 2_000)).await);
    }

    #[tokio::test]
    async fn a_file_is_told_of_when_it_rests() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("openclaw.json");
        let mut watch = watch(&file).await;
        write(&file, "{}", Duration::ZERO);
        assert!(!watch.has_changed(None).await, "the gateway may not have noticed");
        write(&file, "{}", NOTICED);
        assert!(watch.has_changed(None).await);
        assert!(!watch.has_changed(None).await);
    }

    #[tokio::test]
    async fn an_included_file_is_watched_also_where_it_was_broken() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("openclaw.json");
        let included = folder.path().join("agents.json");
        write(&file, "{agents: {$include: './agents.json'}}", NOTICED * 9);
        let mut watch = watch(&file).await;
        for (text, ago) in [("{}", 5), ("{ broken", 4), ("{list: []}", 3)] {
            write(&included, text, NOTICED * ago);
            assert!(watch.has_changed(None).await, "{text}");
            assert!(!watch.has_changed(None).await, "{text}");
        }
    }

    async fn watch(file: &Path) -> OpenClawWatch {
        OpenClawWatch::start(OpenClawFile::new(file.to_owned(), |_| None)).await
    }

    /// Writes a file as if it were so long ago.
    fn write(file: &Path, text: &str, ago: Duration) {
        fs::write(file, text).unwrap();
        fs::File::options().write(true).open(file).unwrap().set_modified(SystemTime::now() - ago).unwrap();
    }
}
