//! One daemon keeps a file. Another one says so and stands by until the first has ended, then takes over.

use std::cell::Cell;
use std::future::Future;
use std::mem;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use adapters_fs::{Guard, Hold, Lane};
use domain::Chain;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

/// How often a daemon that stands by checks whether the other one has ended.
const RETRY: Duration = Duration::from_secs(1);

/// How often a daemon checks its locks: another program may have removed and created the folder.
const EVERY: Duration = Duration::from_secs(5);

/// How long the end of the program waits until the rights are given up.
const RELEASE: Duration = Duration::from_secs(1);

/// The rights to some files, all of them or none.
#[derive(Debug, Clone)]
struct Guards {
    rights: Arc<Mutex<Rights>>,
    lane: Lane,
}

#[derive(Debug, Default)]
struct Rights {
    guards: Vec<Guard>,
    /// Whether the last check failed, so that it is reported once.
    failed: bool,
}

impl Guards {
    fn new(guards: Vec<Guard>) -> Self {
        let rights = Arc::new(Mutex::new(Rights { guards, failed: false }));
        Self { rights, lane: Lane::default() }
    }

    fn rights(&self) -> MutexGuard<'_, Rights> {
        self.rights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where another daemon has one of them, the others are given up: it may be about to take them too.
    fn hold(&self) -> Hold {
        let mut rights = self.rights();
        let mut held = Ok(Hold::Ours);
        for guard in &mut rights.guards {
            match guard.hold() {
                Ok(Hold::Ours) => {}
                Ok(Hold::Theirs(who)) => {
                    rights.guards.iter_mut().for_each(Guard::yield_up);
                    return Hold::Theirs(who);
                }
                Err(error) => held = Err(error),
            }
        }
        let failed = mem::replace(&mut rights.failed, held.is_err());
        if let Err(error) = held
            && !failed
        {
            let error = Chain(&error).to_string();
            warn!(
                name: "lock_unsure",
                error,
                "lmsync cannot make sure that no other one keeps the same models; it goes on"
            );
        }
        Hold::Ours
    }

    /// Checks in its own lane, since a disk may hang. A check that fails does not stop the daemon.
    async fn check(&self) -> Hold {
        let guards = self.clone();
        self.lane.run(move || guards.hold()).await.unwrap_or(Hold::Ours)
    }
}

/// What this daemon has the right to keep.
pub(crate) struct Standby {
    own: Guards,
    files: Guards,
    checked: Cell<Instant>,
    taken: Arc<Notify>,
}

impl Standby {
    /// Takes the right to lmsync's own folder, once no other daemon has it. Only its holder writes the heartbeat there.
    pub(crate) async fn of_folder(own_folder: &Path) -> Self {
        let own = Guards::new(vec![Guard::of_folder(own_folder)]);
        wait_for(&own, &own_folder.display().to_string(), || {}).await;
        Self { own, files: Guards::new(Vec::new()), checked: Cell::new(Instant::now()), taken: Arc::default() }
    }

    /// Takes the right to these files as well, once no other daemon has any of them: another daemon may
    /// keep the same file by its name, with its own folder elsewhere. `alive` is called while it waits.
    pub(crate) async fn and_files(mut self, files: &[String], alive: impl Fn()) -> Self {
        let guards = files.iter().map(|file| Guard::of_file(Path::new(file))).collect();
        self.files = Guards::new(guards);
        wait_for(&self.files, &files.join(", "), alive).await;
        self
    }

    /// Called each time the loop turns: checks the locks every few seconds.
    pub(crate) fn check_now_and_then(&self) {
        if self.checked.get().elapsed() >= EVERY {
            self.check();
        }
    }

    /// Checks that the locks are still in place, and takes those that have become possible: in the folder of a file
    /// that was just written for the first time.
    pub(crate) fn check(&self) {
        self.checked.set(Instant::now());
        let (own, files, taken) = (self.own.clone(), self.files.clone(), Arc::clone(&self.taken));
        drop(tokio::spawn(async move {
            for guards in [own, files] {
                if let Hold::Theirs(who) = guards.check().await {
                    warn!(name: "taken_over", by = who, "another lmsync has taken over the models here");
                    taken.notify_one();
                }
            }
        }));
    }

    /// Ends when another daemon has taken over: the folder was removed, and the other daemon was quicker.
    pub(crate) async fn taken(&self) {
        self.taken.notified().await;
    }

    /// Gives the rights up, for a daemon that stands by.
    pub(crate) async fn release(self) {
        let lane = self.own.lane.clone();
        let release = move || {
            for guards in [self.files, self.own] {
                guards.rights().guards.drain(..).for_each(Guard::release);
            }
        };
        // Where it cannot in time, the rights go with the process.
        let _ = timeout(RELEASE, lane.run(release)).await;
    }
}

async fn wait_for(guards: &Guards, what: &str, alive: impl Fn()) {
    let mut stood_by = false;
    while let Hold::Theirs(who) = guards.check().await {
        if !stood_by {
            warn!(
                name: "stands_by",
                by = who,
                kept = what,
                "another lmsync keeps the models here: this one stands by until it ends"
            );
            stood_by = true;
        }
        sleep(RETRY).await;
        alive();
    }
    if stood_by {
        info!(name: "takes_over", kept = what, "the other lmsync has ended: this one keeps the models now");
    }
}

/// Ends with the first of the two; `None` where that is `stop`.
pub(crate) async fn unless<T>(stop: impl Future<Output = ()>, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = stop => None,
        done = work => Some(done),
    }
}
