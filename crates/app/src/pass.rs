//! One pass: observe, plan, save.

use std::time::Duration;

use domain::ports::{Clock, ModelSource, ModelStore, SourceError, StoreError};
use domain::{Catalog, ModelId, Plan, Provider, Stored, describe, plan};
use thiserror::Error;

/// How often a file is read again that does not parse: OpenClaw 2026.2 writes in place, so a reader can catch
/// it half written.
const TORN_READS: usize = 5;

/// How long to wait before reading such a file again.
const TORN_READ_PAUSE: Duration = Duration::from_millis(100);

/// How often a pass plans anew because another program wrote the file meanwhile.
const PLANS: usize = 3;

/// Whether a pass may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What is planned is carried out.
    Write,
    /// What is planned is only told.
    DryRun,
}

/// What a pass found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The models that the server listed.
    pub ids: Vec<ModelId>,
    /// How many entries of its answer had no usable id.
    pub skipped: usize,
    /// When its answer was there, on the clock.
    pub listed_at: Duration,
    /// What followed.
    pub outcome: Outcome,
}

/// What followed from a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The file is already true; it was not touched.
    Unchanged,
    /// The plan was carried out, or would be but for a dry run.
    Updated(Plan),
    /// The server lists nothing, and what is known stays.
    KeptOnEmpty {
        /// How many models are known.
        known: usize,
    },
}

/// Why a pass came to nothing. What is known stays.
#[derive(Debug, Error)]
pub enum PassError {
    /// The server did not list its models.
    #[error("failed to list the models")]
    Source(#[source] SourceError),
    /// The file could not be read or written.
    #[error("failed to update the model list")]
    Store(#[source] StoreError),
}

/// Makes one pass: asks the source once, and makes the store agree with it.
///
/// # Errors
/// [`PassError`]; nothing was lost.
pub async fn pass<S, T, C>(
    source: &S,
    store: &T,
    clock: &C,
    base_url: &str,
    mode: Mode,
) -> Result<Report, PassError>
where
    S: ModelSource,
    T: ModelStore,
    C: Clock,
{
    let listing = source.models().await.map_err(PassError::Source)?;
    let listed_at = clock.now();
    let models: Catalog = listing.ids().iter().map(|id| describe(id, None)).collect();
    let wanted = Provider { base_url: base_url.to_owned(), models };
    let outcome = settle(store, clock, &wanted, mode).await.map_err(PassError::Store)?;
    Ok(Report { ids: listing.ids().to_vec(), skipped: listing.skipped(), listed_at, outcome })
}

/// Makes the store agree with what is wanted, planning anew over whatever another program wrote meanwhile.
async fn settle<T, C>(store: &T, clock: &C, wanted: &Provider, mode: Mode) -> Result<Outcome, StoreError>
where
    T: ModelStore,
    C: Clock,
{
    let mut attempt = 1;
    loop {
        let stored = load(store, clock).await?;
        if wanted.models.is_empty() {
            return Ok(Outcome::KeptOnEmpty {
                known: stored.provider.map_or(0, |provider| provider.models.len()),
            });
        }
        let plan = plan(&stored, wanted.clone(), []);
        if plan.is_empty() {
            return Ok(Outcome::Unchanged);
        }
        if mode == Mode::DryRun {
            return Ok(Outcome::Updated(plan));
        }
        match store.save(&plan, &stored.version).await {
            Ok(()) => return Ok(Outcome::Updated(plan)),
            Err(StoreError::Changed { .. }) if attempt < PLANS => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Looks at the store, and again where it may have been caught half written.
async fn load<T, C>(store: &T, clock: &C) -> Result<Stored, StoreError>
where
    T: ModelStore,
    C: Clock,
{
    let mut attempt = 1;
    loop {
        match store.load().await {
            Err(StoreError::Malformed { .. }) if attempt < TORN_READS => attempt += 1,
            result => return result,
        }
        clock.sleep_until(clock.now() + TORN_READ_PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::TokioClock;
    use crate::fakes::{MemoryStore, Source, Store, ids, refused};

    const URL: &str = "http://localhost:1234/v1";

    fn malformed() -> StoreError {
        StoreError::Malformed { path: PathBuf::from("models.json"), cause: "line 1 column 1".into() }
    }

    fn changed() -> StoreError {
        StoreError::Changed { path: PathBuf::from("models.json") }
    }

    fn source(list: &'static [&'static str]) -> Source {
        let mut source = Source::new();
        source.expect_models().returning(move || Ok(ids(list)));
        source
    }

    #[tokio::test]
    async fn a_fresh_store_gets_every_model() {
        let store = MemoryStore::default();
        let report =
            pass(&source(&["a", "b"]), &store, &TokioClock::start(), URL, Mode::Write).await.unwrap();
        assert_eq!(report.ids.len(), 2);
        assert_eq!(store.ids(), ["a", "b"]);
    }

    #[tokio::test]
    async fn an_unchanged_list_is_written_once() {
        let store = MemoryStore::default();
        for _ in 0..3 {
            pass(&source(&["a", "b"]), &store, &TokioClock::start(), URL, Mode::Write).await.unwrap();
        }
        assert_eq!(store.writes(), 1);
    }

    #[tokio::test]
    async fn a_dry_run_tells_and_writes_nothing() {
        let store = MemoryStore::default();
        let report = pass(&source(&["a"]), &store, &TokioClock::start(), URL, Mode::DryRun).await.unwrap();
        assert!(matches!(report.outcome, Outcome::Updated(plan) if plan.diff.added.len() == 1));
        assert_eq!(store.writes(), 0);
    }

    #[tokio::test]
    async fn an_unreachable_server_never_touches_the_file() {
        let mut source = Source::new();
        source.expect_models().times(1).returning(|| Err(refused()));
        let mut store = Store::new();
        store.expect_load().never();
        store.expect_save().never();
        let error = pass(&source, &store, &TokioClock::start(), URL, Mode::Write).await.unwrap_err();
        assert!(matches!(error, PassError::Source(_)));
    }

    #[tokio::test]
    async fn an_empty_list_removes_nothing() {
        let store = MemoryStore::default();
        pass(&source(&["a"]), &store, &TokioClock::start(), URL, Mode::Write).await.unwrap();
        let report = pass(&source(&[]), &store, &TokioClock::start(), URL, Mode::Write).await.unwrap();
        assert_eq!(report.outcome, Outcome::KeptOnEmpty { known: 1 });
        assert_eq!(store.ids(), ["a"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_caught_half_written_is_read_again() {
        let mut store = Store::new();
        let mut reads = 0;
        store.expect_load().times(3).returning(move || {
            reads += 1;
            if reads < 3 { Err(malformed()) } else { Ok(Stored::default()) }
        });
        store.expect_save().times(1).returning(|_, _| Ok(()));
        pass(&source(&["a"]), &store, &TokioClock::start(), URL, Mode::Write).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_never_parses_is_never_replaced() {
        let mut store = Store::new();
        store.expect_load().times(TORN_READS).returning(|| Err(malformed()));
        store.expect_save().never();
        let error = pass(&source(&["a"]), &store, &TokioClock::start(), URL, Mode::Write).await.unwrap_err();
        assert!(matches!(error, PassError::Store(StoreError::Malformed { .. })));
    }

    #[tokio::test]
    async fn another_writer_in_between_makes_it_plan_again() {
        let mut store = Store::new();
        store.expect_load().times(2).returning(|| Ok(Stored::default()));
        let mut writes = 0;
        store.expect_save().times(2).returning(move |_, _| {
            writes += 1;
            if writes == 1 { Err(changed()) } else { Ok(()) }
        });
        pass(&source(&["a"]), &store, &TokioClock::start(), URL, Mode::Write).await.unwrap();
    }

    #[tokio::test]
    async fn a_writer_that_never_rests_ends_the_pass() {
        let mut store = Store::new();
        store.expect_load().times(PLANS).returning(|| Ok(Stored::default()));
        store.expect_save().times(PLANS).returning(|_, _| Err(changed()));
        let error = pass(&source(&["a"]), &store, &TokioClock::start(), URL, Mode::Write).await.unwrap_err();
        assert!(matches!(error, PassError::Store(StoreError::Changed { .. })));
    }
}
