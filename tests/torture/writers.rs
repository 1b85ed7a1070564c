//! Two writers and one file: another program edits its own part of it as OpenClaw does, while lmsync edits ours.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use adapters_fs::ModelsFile;
use domain::ports::{ModelStore, StoreError};
use domain::{ModelId, Provider, describe, plan};

use super::pause::pause;
use crate::support::chance::chance;
use crate::support::foreign::{FOREIGN, leftovers, put};
use crate::support::intensity::rounds;
use crate::support::world::World;
use crate::support::{PATIENCE, figure};

/// How another program writes.
#[derive(Debug, Clone, Copy)]
enum Writes {
    /// Over the old content, as OpenClaw 2026.2.12 does: a reader meanwhile sees a part.
    InPlace,
    /// Beside the file, then under its name, as OpenClaw 2026.9.6 does.
    Renames,
}

#[test]
fn no_edit_is_lost_beside_one_who_writes_in_place() {
    no_edit_is_lost(Writes::InPlace);
}

#[test]
fn no_edit_is_lost_beside_one_who_renames() {
    no_edit_is_lost(Writes::Renames);
}

fn no_edit_is_lost(writes: Writes) {
    let world = World::new();
    let file = world.models_json();
    put(&file, FOREIGN.replace(r#""version": 1.0"#, r#""edits": 0"#).as_bytes());
    let us = Us::start(file.clone());
    let edits = rounds(700, 10_000);
    let mut unseen = 0;
    for edit in 1..=edits {
        // Its last edit is there whenever it looks, but for the moment in which one that came between lmsync's look
        // and its exchange is being put back.
        let (content, waited) = content_with(&file, edit - 1);
        unseen += usize::from(waited);
        let content = content.replacen(&marked(edit - 1), &marked(edit), 1);
        match writes {
            Writes::InPlace => fs::write(&file, content).unwrap(),
            Writes::Renames => put(&file, content.as_bytes()),
        }
        pause(Duration::from_millis(3).mul_f64(chance()));
    }
    let (written, disturbed) = us.stop();
    let (content, _) = content_with(&file, edits);
    let rest = FOREIGN.split_once("\n").unwrap().1.split_once("\n").unwrap().1;
    let until = rest.find("\n    }\n  },").unwrap();
    assert!(content.contains(&rest[..until]), "all else of it is as it was: {content}");
    assert!(content.contains(r#""id": "b""#), "and so is ours: {content}");
    assert_eq!(leftovers(&file), [] as [PathBuf; 0]);
    figure(&format!("{writes:?}: edits of the other program, none lost"), edits, "all");
    figure(&format!("{writes:?}: edits that were back a moment later"), unseen, "few");
    figure(&format!("{writes:?}: writes of lmsync"), written, "many");
    figure(&format!("{writes:?}: writes that gave way to the other program's"), disturbed, "many");
    assert!(written > 0 && disturbed > 0, "they have not met");
}

fn marked(edit: usize) -> String {
    format!("\"edits\": {edit},")
}

/// The file's content once it has this edit, and whether it was not there at the first look.
fn content_with(file: &Path, edit: usize) -> (String, bool) {
    let deadline = Instant::now() + PATIENCE;
    let mut waited = false;
    loop {
        let content = fs::read_to_string(file).unwrap();
        if content.contains(&marked(edit)) {
            return (content, waited);
        }
        assert!(Instant::now() < deadline, "edit {edit} is lost: {content}");
        waited = true;
        pause(Duration::from_micros(100));
    }
}

/// lmsync's own part: it loads, plans and saves without rest, one model more, one model less.
struct Us {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<(usize, usize)>,
}

impl Us {
    fn start(file: PathBuf) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let store = ModelsFile::new(file, "lmstudio".into());
            let (mut written, mut disturbed) = (0, 0);
            loop {
                let last = stopped.load(Ordering::Relaxed);
                let wanted: &[&str] = if last || written % 2 == 0 { &["a", "b"] } else { &["a"] };
                match runtime.block_on(edit(&store, wanted)) {
                    Ok(()) if last => return (written, disturbed),
                    Ok(()) => written += 1,
                    // In the middle of the other's write, or between our look and our write.
                    Err(StoreError::Malformed { .. } | StoreError::Changed { .. }) => disturbed += 1,
                    Err(error) => panic!("{error}: {:?}", std::error::Error::source(&error)),
                }
            }
        });
        Self { stop, thread }
    }

    fn stop(self) -> (usize, usize) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

async fn edit(store: &ModelsFile, ids: &[&str]) -> Result<(), StoreError> {
    let stored = store.load().await?;
    let models = ids.iter().map(|id| describe(&ModelId::new(id).unwrap(), None)).collect();
    let wanted = Provider { base_url: "http://localhost:1234/v1".into(), models };
    let plan = plan(&stored, wanted, []);
    if plan.is_empty() { Ok(()) } else { store.save(&plan, &stored.version).await }
}
