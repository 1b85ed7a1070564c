//! One daemon keeps a file. Another one says so and stands by until the first has ended, then takes over.

use std::cell::Cell;
use std::future::Future;
use std::mem;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use adapters_fs::{Guard, Hold, Lane};
use app::Chain;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

/// How often a daemon that stands by looks whether the other one has ended.
const LOOK: Duration = Duration::from_secs(1);

/// How often a daemon looks whether what it holds is still there: somebody may have made the folder anew.
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
    /// Whether the last look failed, so that it is told once.
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
                error,
                "lmsync cannot make sure that no other one keeps the same lmstudio models; it goes on"
            );
        }
        Hold::Ours
    }

    /// Looks where it holds up nobody: a disk may hang. That it cannot tell is no reason not to go on.
    async fn look(&self) -> Hold {
        let guards = self.clone();
        self.lane.run(move || guards.hold()).await.unwrap_or(Hold::Ours)
    }
}

/// What this daemon has the right to keep.
pub(crate) struct Standby {
    own: Guards,
    files: Guards,
    looked: Cell<Instant>,
    taken: Arc<Notify>,
}

impl Standby {
    /// The right to lmsync's own folder, once no other daemon has it. It is the right to give signs of life there.
    pub(crate) async fn of_folder(own_folder: &Path) -> Self {
        let own = Guards::new(vec![Guard::of_folder(own_folder)]);
        wait_for(&own, &own_folder.display().to_string(), || {}).await;
        Self { own, files: Guards::new(Vec::new()), looked: Cell::new(Instant::now()), taken: Arc::default() }
    }

    /// Takes the right to these files as well, once no other daemon has any of them: one may have been told of a file
    /// by its name, and have its own folder elsewhere. `alive` is called while it waits.
    pub(crate) async fn and_files(mut self, files: &[String], alive: impl Fn()) -> Self {
        let guards = files.iter().map(|file| Guard::of_file(Path::new(file))).collect();
        self.files = Guards::new(guards);
        wait_for(&self.files, &files.join(", "), alive).await;
        self
    }

    /// The loop has turned: makes sure, now and then, that what is held is still there.
    pub(crate) fn look(&self) {
        if self.looked.get().elapsed() >= EVERY {
            self.look_at_once();
        }
    }

    /// Makes sure that what is held is still there, and takes what came into being: the folder of a file that was
    /// just written for the first time.
    pub(crate) fn look_at_once(&self) {
        self.looked.set(Instant::now());
        let (own, files, taken) = (self.own.clone(), self.files.clone(), Arc::clone(&self.taken));
        drop(tokio::spawn(async move {
            for guards in [own, files] {
                if let Hold::Theirs(who) = guards.look().await {
                    warn!(by = who, "another lmsync has taken over the lmstudio models here");
                    taken.notify_one();
                }
            }
        }));
    }

    /// Ends when another daemon has taken over: somebody removed the folder, and the other one was quicker.
    pub(crate) async fn taken(&self) {
        self.taken.notified().await;
    }

    /// Gives the rights up, for whoever stands by.
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
    while let Hold::Theirs(who) = guards.look().await {
        if !stood_by {
            warn!(
                by = who,
                kept = what,
                "another lmsync keeps the lmstudio models here: this one stands by until it ends"
            );
            stood_by = true;
        }
        sleep(LOOK).await;
        alive();
    }
    if stood_by {
        info!(kept = what, "the other lmsync has ended: this one keeps the lmstudio models now");
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
