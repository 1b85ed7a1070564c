//! Passes of one server over stores in memory.

use std::path::PathBuf;
use std::sync::{Arc, Mutex as Locked};

use domain::ports::{NamedStore, StoreError};
use domain::{FactSheet, Facts, Glob, ModelFacts, Override};

use super::*;
use crate::TokioClock;
use crate::fakes::{MemoryStore, Shelf, Source, Store, ids, refused, server, serving};

const SECOND: Duration = Duration::from_secs(1);

fn malformed() -> StoreError {
    StoreError::Malformed { path: PathBuf::from("models.json"), cause: "line 1 column 1".into() }
}

fn changed() -> StoreError {
    StoreError::Changed { path: PathBuf::from("models.json") }
}

async fn pass<S: ModelSource, T: domain::ports::ModelStore>(
    server: &mut Server<S>,
    store: &T,
    clock: &TokioClock,
) -> Result<Report, SourceError> {
    let shelf = Shelf(vec![("models.json", store)]);
    server.pass(&shelf, clock, &Mutex::new(()), Mode::Write).await
}

#[tokio::test]
async fn a_fresh_store_gets_every_model() {
    let store = MemoryStore::default();
    let report = pass(&mut serving(&[&["a", "b"]]), &store, &TokioClock::start()).await.unwrap();
    assert!(report.offered().eq(ids(&["a", "b"]).ids()));
    assert_eq!(store.ids(), ["a", "b"]);
}

#[tokio::test]
async fn an_unchanged_list_is_written_once() {
    let (store, clock) = (MemoryStore::default(), TokioClock::start());
    let mut server = serving(&[&["a", "b"]]);
    for _ in 0..3 {
        pass(&mut server, &store, &clock).await.unwrap();
    }
    assert_eq!(store.writes(), 1);
}

#[tokio::test]
async fn a_dry_run_tells_and_writes_nothing() {
    let store = MemoryStore::default();
    let shelf = Shelf(vec![("models.json", &store)]);
    let mut server = serving(&[&["a"]]);
    let report = server.pass(&shelf, &TokioClock::start(), &Mutex::new(()), Mode::DryRun).await.unwrap();
    assert!(matches!(&report.stores[0].outcome, Ok(Outcome::Updated(plan)) if plan.diff.added.len() == 1));
    assert_eq!(store.writes(), 0);
}

#[tokio::test]
async fn an_unreachable_server_never_touches_the_file() {
    let mut source = Source::new();
    source.expect_models().times(1).returning(|| Err(refused()));
    let mut store = Store::new();
    store.expect_load().never();
    store.expect_save().never();
    assert!(pass(&mut server(source), &store, &TokioClock::start()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_missing_model_is_held_and_removed_when_its_absence_is_confirmed() {
    let (store, clock) = (MemoryStore::default(), TokioClock::start());
    let mut server = serving(&[&["a", "b"], &["a"]]);
    pass(&mut server, &store, &clock).await.unwrap();
    tokio::time::advance(10 * SECOND).await;
    let report = pass(&mut server, &store, &clock).await.unwrap();
    assert_eq!(report.held.len(), 1);
    assert_eq!(report.again_in, Some(2 * SECOND));
    assert_eq!(store.ids(), ["a", "b"]);
    tokio::time::advance(2 * SECOND).await;
    let report = pass(&mut server, &store, &clock).await.unwrap();
    assert!(report.held.is_empty());
    assert_eq!(store.ids(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn an_empty_list_removes_nothing_until_it_has_lasted() {
    let (store, clock) = (MemoryStore::default(), TokioClock::start());
    let mut server = serving(&[&["a"], &[]]);
    for _ in 0..6 {
        pass(&mut server, &store, &clock).await.unwrap();
        assert_eq!(store.ids(), ["a"]);
        tokio::time::advance(10 * SECOND).await;
    }
    pass(&mut server, &store, &clock).await.unwrap();
    assert_eq!(store.ids(), ["a"]);
    tokio::time::advance(10 * SECOND).await;
    pass(&mut server, &store, &clock).await.unwrap();
    assert_eq!(store.ids(), [""; 0]);
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
    pass(&mut serving(&[&["a"]]), &store, &TokioClock::start()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_file_that_never_parses_is_never_replaced() {
    let mut store = Store::new();
    store.expect_load().returning(|| Err(malformed()));
    store.expect_save().never();
    let report = pass(&mut serving(&[&["a"]]), &store, &TokioClock::start()).await.unwrap();
    assert!(matches!(report.stores[0].outcome, Err(StoreError::Malformed { .. })));
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
    let report = pass(&mut serving(&[&["a"]]), &store, &TokioClock::start()).await.unwrap();
    assert!(report.stores[0].outcome.is_ok());
}

#[tokio::test]
async fn a_writer_that_never_rests_ends_the_pass() {
    let mut store = Store::new();
    store.expect_load().returning(|| Ok(Stored::default()));
    store.expect_save().times(3).returning(|_, _| Err(changed()));
    let report = pass(&mut serving(&[&["a"]]), &store, &TokioClock::start()).await.unwrap();
    assert!(matches!(report.stores[0].outcome, Err(StoreError::Changed { .. })));
}

#[tokio::test(start_paused = true)]
async fn one_broken_store_does_not_stop_the_others() {
    let (broken, good) = (Store::new(), MemoryStore::default());
    let mut broken = broken;
    broken.expect_load().returning(|| Err(malformed()));
    let shelf = Shelf(vec![("broken", &broken)]);
    let other = Shelf(vec![("good", &good)]);
    let mut server = serving(&[&["a"]]);
    let report = server.pass(&Both(shelf, other), &TokioClock::start(), &Mutex::new(()), Mode::Write).await.unwrap();
    assert!(report.stores[0].outcome.is_err() && report.stores[1].outcome.is_ok());
    assert_eq!(good.ids(), ["a"]);
}

/// Stores of two kinds on one shelf.
struct Both<'a>(Shelf<'a, Store>, Shelf<'a, MemoryStore>);

enum Either<'a> {
    Mock(&'a Store),
    Memory(&'a MemoryStore),
}

impl domain::ports::ModelStore for Either<'_> {
    async fn load(&self) -> Result<Stored, StoreError> {
        match self {
            Self::Mock(store) => store.load().await,
            Self::Memory(store) => store.load().await,
        }
    }

    async fn save(&self, plan: &Plan, over: &domain::Version) -> Result<(), StoreError> {
        match self {
            Self::Mock(store) => store.save(plan, over).await,
            Self::Memory(store) => store.save(plan, over).await,
        }
    }
}

impl<'a> ModelStores for Both<'a> {
    type Store = Either<'a>;

    async fn stores(&self, _provider: &str) -> Vec<NamedStore<Either<'a>>> {
        let mocks = self.0.0.iter().map(|(name, store)| (*name, Either::Mock(store)));
        let memories = self.1.0.iter().map(|(name, store)| (*name, Either::Memory(store)));
        mocks.chain(memories).map(|(name, store)| NamedStore { name: name.to_owned(), store }).collect()
    }
}

/// A server that says how large its one model's context is, and counts how often it was asked.
struct Telling {
    context: Arc<Locked<Result<u64, ()>>>,
    asked: Arc<Locked<usize>>,
}

impl Telling {
    fn new() -> Self {
        Self { context: Arc::new(Locked::new(Ok(32_768))), asked: Arc::default() }
    }
}

impl ModelSource for Telling {
    async fn models(&self) -> Result<Listing, SourceError> {
        Ok(ids(&["a"]))
    }

    async fn facts(&self) -> Result<Facts, SourceError> {
        *self.asked.lock().unwrap() += 1;
        let context = self.context.lock().unwrap().map_err(|()| refused())?;
        let mut sheet = FactSheet::default();
        sheet.add(ids(&["a"]).ids().to_vec(), ModelFacts { max_context: Some(context), ..ModelFacts::default() });
        Ok(Facts::Known(sheet))
    }
}

fn context_of(store: &MemoryStore) -> Option<u64> {
    store.row("a").and_then(|row| row.context_window)
}

#[tokio::test(start_paused = true)]
async fn facts_are_asked_for_at_first_and_once_a_minute() {
    let (store, clock) = (MemoryStore::default(), TokioClock::start());
    let telling = Telling::new();
    let asked = Arc::clone(&telling.asked);
    let mut server = server(telling);
    for _ in 0..13 {
        pass(&mut server, &store, &clock).await.unwrap();
        tokio::time::advance(10 * SECOND).await;
    }
    assert_eq!(*asked.lock().unwrap(), 3);
    assert_eq!(context_of(&store), Some(32_768));
}

#[tokio::test(start_paused = true)]
async fn a_change_of_facts_alone_is_written() {
    let (store, clock) = (MemoryStore::default(), TokioClock::start());
    let telling = Telling::new();
    let context = Arc::clone(&telling.context);
    let mut server = server(telling);
    pass(&mut server, &store, &clock).await.unwrap();
    *context.lock().unwrap() = Ok(131_072);
    tokio::time::advance(60 * SECOND).await;
    pass(&mut server, &store, &clock).await.unwrap();
    assert_eq!(context_of(&store), Some(131_072));
}

#[tokio::test(start_paused = true)]
async fn facts_that_cannot_be_had_leave_what_is_there() {
    let (store, clock) = (MemoryStore::default(), TokioClock::start());
    pass(&mut server(Telling::new()), &store, &clock).await.unwrap();
    let telling = Telling::new();
    *telling.context.lock().unwrap() = Err(());
    let report = pass(&mut server(telling), &store, &clock).await.unwrap();
    assert!(report.facts_failed.is_some());
    assert_eq!(context_of(&store), Some(32_768));
    assert_eq!(store.writes(), 1);
}

/// A server whose list says all of one of its two models, and that answers nothing beside it.
struct ListAlone;

impl ModelSource for ListAlone {
    async fn models(&self) -> Result<Listing, SourceError> {
        let mut sheet = FactSheet::default();
        let facts = ModelFacts { max_context: Some(4_096), ..ModelFacts::default() };
        sheet.add(ids(&["a"]).ids().to_vec(), facts);
        Ok(ids(&["a", "b"]).with_facts(sheet))
    }

    async fn facts(&self) -> Result<Facts, SourceError> {
        Err(refused())
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_list_says_counts_where_the_server_cannot_be_asked_for_more() {
    let (store, clock) = (MemoryStore::default(), TokioClock::start());
    let report = pass(&mut server(ListAlone), &store, &clock).await.unwrap();
    assert!(report.facts_failed.is_some());
    assert_eq!(context_of(&store), Some(4_096));
    assert_eq!(store.row("b").and_then(|row| row.context_window), Some(128_000));
}

#[tokio::test]
async fn the_users_rules_leave_out_and_override() {
    let (store, clock) = (MemoryStore::default(), TokioClock::start());
    let mut server = serving(&[&["a", "b", "c"]]);
    pass(&mut server, &store, &clock).await.unwrap();
    let said = Override { context_window: Some(7), ..Override::new(Glob::new("a")) };
    server.set_rules(Rules { exclude: vec![Glob::new("b")], overrides: vec![said], ..Rules::default() });
    let report = pass(&mut server, &store, &clock).await.unwrap();
    assert!(report.offered().eq(ids(&["a", "c"]).ids()));
    assert_eq!(store.ids(), ["a", "c"]);
    assert_eq!(context_of(&store), Some(7));
}

/// A server whose list says all, or nothing, of its one model.
struct Saying(Telling, Arc<Locked<Option<ModelFacts>>>);

impl ModelSource for Saying {
    async fn models(&self) -> Result<Listing, SourceError> {
        let mut sheet = FactSheet::default();
        let said = self.1.lock().unwrap().clone();
        if let Some(said) = said {
            sheet.add(ids(&["a"]).ids().to_vec(), said);
        }
        Ok(ids(&["a"]).with_facts(sheet))
    }

    async fn facts(&self) -> Result<Facts, SourceError> {
        self.0.facts().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_says_all_is_the_only_question() {
    let (store, clock) = (MemoryStore::default(), TokioClock::start());
    let said = ModelFacts { max_context: Some(16_384), ..ModelFacts::default() };
    let source = Saying(Telling::new(), Arc::new(Locked::new(Some(said))));
    let asked = Arc::clone(&source.0.asked);
    let mut server = server(source);
    for _ in 0..20 {
        pass(&mut server, &store, &clock).await.unwrap();
        tokio::time::advance(10 * SECOND).await;
    }
    assert_eq!((*asked.lock().unwrap(), context_of(&store)), (0, Some(16_384)));
}

#[tokio::test(start_paused = true)]
async fn the_servers_own_api_wins_over_its_list_and_the_list_fills_its_gaps() {
    let (store, clock) = (MemoryStore::default(), TokioClock::start());
    let said = ModelFacts { vision: Some(true), ..ModelFacts::default() };
    let source = Saying(Telling::new(), Arc::new(Locked::new(Some(said))));
    let list = Arc::clone(&source.1);
    let mut server = server(source);
    pass(&mut server, &store, &clock).await.unwrap();
    let row = store.row("a").unwrap();
    assert_eq!((row.context_window, row.input), (Some(32_768), Some(domain::Input::TextAndImage)));
    // A change in the list alone is noticed at once, without another question.
    *list.lock().unwrap() = None;
    pass(&mut server, &store, &clock).await.unwrap();
    let row = store.row("a").unwrap();
    assert_eq!((row.context_window, row.input), (Some(32_768), Some(domain::Input::Text)));
}
