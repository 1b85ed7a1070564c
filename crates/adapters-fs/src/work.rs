//! Where work is done that may wait for a disk, and for how long anybody waits for it.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::StoreError;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// How long a disk may take: one that spins up, or a network folder whose server is busy. After that, the caller
/// goes on without it; what has begun goes on too, and is never done twice at the same time.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long to wait for earlier work that still waits for the disk: it had its time already.
const TURN: Duration = Duration::from_secs(1);

/// Where work is done that may wait for a disk, by what else there is to do meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Work {
    /// By a thread of its own: nothing else is held up by a disk that hangs.
    #[default]
    Aside,
    /// In its place: for a program that has nothing else to do, and would pay for two changes of thread.
    Here,
}

/// The work on one thing, a file or a folder. One piece at a time: a disk that hangs costs one thread, not one for each
/// attempt. Cloning is cheap, and clones take turns.
#[derive(Debug, Clone)]
pub struct Lane {
    work: Work,
    patience: Duration,
    turn: Arc<Mutex<()>>,
}

impl Default for Lane {
    fn default() -> Self {
        Self::new(Work::default())
    }
}

impl Lane {
    /// A lane for work that is done there.
    #[must_use]
    pub fn new(work: Work) -> Self {
        Self { work, patience: PATIENCE, turn: Arc::default() }
    }

    /// Does the work.
    ///
    /// # Errors
    /// [`ErrorKind::TimedOut`] where the disk does not answer in time; the work may still be done later.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
        if self.work == Work::Here {
            return Ok(work());
        }
        let hangs = || io::Error::new(ErrorKind::TimedOut, "its disk does not answer");
        let turn = timeout(TURN.min(self.patience), Arc::clone(&self.turn).lock_owned()).await.map_err(|_| hangs())?;
        let done = spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        timeout(self.patience, done).await.map_err(|_| hangs())?.map_err(io::Error::other)
    }

    /// Does it with a file.
    ///
    /// # Errors
    /// Its own; [`StoreError::Unwritable`] where the disk does not answer in time.
    pub(crate) async fn on<T: Send + 'static>(
        &self,
        path: &Path,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let hangs =
            |error| StoreError::Unwritable { path: path.to_owned(), operation: "finish with", cause: Box::new(error) };
        self.run(work).await.map_err(hangs)?
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_disk_that_hangs_is_waited_for_once_and_used_again_when_it_answers() {
        let lane = Lane { patience: Duration::from_millis(50), ..Lane::default() };
        let (answer, disk) = mpsc::channel::<()>();
        let hung = lane.run(move || disk.recv()).await;
        assert_eq!(hung.unwrap_err().kind(), ErrorKind::TimedOut);
        let behind = lane.run(|| panic!("a second thread waits for the same disk")).await;
        assert_eq!(behind.unwrap_err().kind(), ErrorKind::TimedOut);
        drop(answer);
        // The hung work ends by itself, and gives its turn to the next.
        drop(lane.turn.lock().await);
        assert_eq!(Lane { patience: PATIENCE, ..lane }.run(|| 7).await.unwrap(), 7);
    }
}
