//! What is measured inside one process: lists and files of any length, and the product's own pass over them in memory.
#![allow(clippy::unwrap_used, reason = "a measured program, whose failure is its end")]

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use adapters_fs::document;
use adapters_http::read_listing;
use app::{Mode, Profile, Server, TokioClock};
use domain::ports::{AnswerKind, ModelSource, ModelStore, ModelStores, NamedStore, SourceError, StoreError};
use domain::{Listing, Plan, Stored, Version};
use serde_json::Value;

/// The provider that is kept.
const PROVIDER: &str = "lmstudio";

/// A server that lists so many models, and the file that holds all of them but the last one.
pub(crate) struct Case {
    /// What `GET /v1/models` answers.
    pub(crate) body: Vec<u8>,
    /// What models.json holds before the pass.
    pub(crate) before: Vec<u8>,
    /// What it holds after it.
    pub(crate) after: Vec<u8>,
}

impl Case {
    /// One of so many models, at least one.
    pub(crate) fn new(models: usize) -> Self {
        let before = br#"{"providers":{"other":{"baseUrl":"http://127.0.0.1:9/v1","models":[{"id":"theirs"}]}}}"#;
        let mut case = Self { body: body(models - 1), before: before.to_vec(), after: Vec::new() };
        case.before = case.pass();
        case.body = body(models);
        case.after = case.pass();
        case
    }

    /// The first pass of a server that lists one model more than the file has: parse, plan, edit, check. Gives what
    /// would be written.
    pub(crate) fn pass(&self) -> Vec<u8> {
        let mut pass = Pass::over(self, &self.before);
        pass.make();
        pass.written.lock().unwrap().take().unwrap()
    }

    /// A server whose file is as it should be, after its first pass.
    pub(crate) fn settled(&self) -> Pass<'_> {
        let mut pass = Pass::over(self, &self.after);
        pass.make();
        pass
    }

    /// What everybody pays who reads the answer and the file with serde_json, and writes the file: nothing is looked
    /// at, nothing compared.
    pub(crate) fn floor(&self) -> (Value, Vec<u8>) {
        let file: Value = serde_json::from_slice(&self.before).unwrap();
        (serde_json::from_slice(&self.body).unwrap(), serde_json::to_vec_pretty(&file).unwrap())
    }

    /// Reading the answer alone.
    pub(crate) fn parse(&self) -> Listing {
        read_listing(&self.body).unwrap()
    }

    /// Reading the file alone.
    pub(crate) fn view(&self) -> Stored {
        stored(&self.before)
    }

    /// Planning alone: a function, so that reading is not measured again.
    pub(crate) fn planner(&self) -> impl Fn() -> Plan {
        let mut pass = Pass::over(self, &self.before);
        pass.make();
        move || pass.server.plan(&pass.stored)
    }

    /// Working a plan into the file alone, the check of the result included.
    pub(crate) fn edit(&self, plan: &Plan) -> Vec<u8> {
        document::edit(&self.before, PROVIDER, plan).unwrap()
    }
}

/// One server's passes over one file in memory.
pub(crate) struct Pass<'a> {
    server: Server<Body<'a>>,
    stored: Arc<Stored>,
    written: Arc<Mutex<Option<Vec<u8>>>>,
    runtime: tokio::runtime::Runtime,
}

impl<'a> Pass<'a> {
    fn over(case: &'a Case, file: &[u8]) -> Self {
        let profile =
            Profile { provider: PROVIDER.into(), base_url: "http://127.0.0.1:1234/v1".into(), ..Profile::default() };
        Self {
            server: Server::new(Body(&case.body), profile, None),
            stored: Arc::new(stored(file)),
            written: Arc::default(),
            runtime: tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap(),
        }
    }

    /// Makes one pass of the real use case, which never has to wait here.
    pub(crate) fn make(&mut self) {
        let store = Memory { stored: Arc::clone(&self.stored), written: Arc::clone(&self.written) };
        let turn = tokio::sync::Mutex::new(());
        let clock = TokioClock::start();
        let report = self.runtime.block_on(self.server.pass(&store, &clock, &turn, Mode::Write)).unwrap();
        assert!(report.stores.iter().all(|store| store.outcome.is_ok()), "{report:?}");
    }
}

fn stored(file: &[u8]) -> Stored {
    let provider = document::view(file, PROVIDER).unwrap().map(Arc::new);
    Stored { version: Version(Some(file.into())), provider }
}

/// What LM Studio answers with so many models.
pub(crate) fn body(models: usize) -> Vec<u8> {
    let mut text = String::from(r#"{"object":"list","data":["#);
    for index in 0..models {
        let comma = if index > 0 { "," } else { "" };
        let id = format!("publisher-{:02}/model-{index:06}-7b", index % 97);
        // Writing into a string cannot fail.
        let _ = write!(text, r#"{comma}{{"id":"{id}","object":"model","owned_by":"organization_owner"}}"#);
    }
    text.push_str("]}");
    text.into_bytes()
}

/// A server that has answered already.
struct Body<'a>(&'a [u8]);

impl ModelSource for Body<'_> {
    async fn models(&self) -> Result<Listing, SourceError> {
        read_listing(self.0).map_err(|cause| SourceError::Malformed {
            address: "memory".into(),
            kind: AnswerKind::Other,
            cause,
        })
    }
}

/// A file in memory, of which the stat has not changed since it was read.
#[derive(Clone)]
struct Memory {
    stored: Arc<Stored>,
    written: Arc<Mutex<Option<Vec<u8>>>>,
}

impl ModelStore for Memory {
    async fn load(&self) -> Result<Stored, StoreError> {
        Ok(Stored::clone(&self.stored))
    }

    async fn save(&self, plan: &Plan, over: &Version) -> Result<(), StoreError> {
        let content = over.0.as_deref().unwrap();
        *self.written.lock().unwrap() = Some(document::edit(content, PROVIDER, plan).unwrap());
        Ok(())
    }
}

impl ModelStores for Memory {
    type Store = Self;

    async fn stores(&self, _provider: &str) -> Vec<NamedStore<Self>> {
        vec![NamedStore { name: "memory".into(), store: self.clone() }]
    }
}
