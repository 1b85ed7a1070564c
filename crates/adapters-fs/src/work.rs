//! Where work is done that may wait for a disk.

use std::path::Path;

use domain::ports::StoreError;
use tokio::task::{JoinError, spawn_blocking};

/// Where work is done that may wait for a disk, by what else there is to do meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Work {
    /// By a thread of its own: nothing else is held up by a disk that hangs.
    #[default]
    Aside,
    /// In its place: for a program that has nothing else to do, and would pay for two changes of thread.
    Here,
}

impl Work {
    /// Does it.
    ///
    /// # Errors
    /// [`JoinError`] where the runtime ends before it has begun.
    pub(crate) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        match self {
            Self::Aside => spawn_blocking(work).await,
            Self::Here => Ok(work()),
        }
    }

    /// Does it with a file.
    ///
    /// # Errors
    /// Its own; [`StoreError::Unwritable`] where the runtime ends before it has begun.
    pub(crate) async fn on<T: Send + 'static>(
        self,
        path: &Path,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let unfinished = |error| StoreError::Unwritable {
            path: path.to_owned(),
            operation: "finish with",
            cause: Box::new(error),
        };
        self.run(work).await.map_err(unfinished)?
    }
}
