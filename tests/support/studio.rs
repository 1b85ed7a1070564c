//! LM Studio, simulated inside the test's own process, and what its request log says about lmsync and OpenClaw.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use simulator::{Call, LoggedRequest, Options, SimModel, Simulator, World};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::PATIENCE;

/// A running simulator with chat models. It stops when it is dropped.
#[derive(Debug)]
pub(crate) struct Studio {
    simulator: Simulator,
}

/// A chat as a client of LM Studio asked for it.
#[derive(Debug)]
pub(crate) struct Chat {
    pub(crate) at: SystemTime,
    pub(crate) model: Option<String>,
    pub(crate) max_tokens: Option<u64>,
    pub(crate) max_completion_tokens: Option<u64>,
    pub(crate) roles: Vec<String>,
    /// How long the messages and the tools are.
    pub(crate) characters: usize,
}

impl Studio {
    /// Starts one that has these models.
    pub(crate) async fn start(keys: &[&str]) -> Self {
        let simulator = Simulator::local().await.unwrap();
        simulator.world().set_models(keys.iter().map(|key| SimModel::chat(key)));
        Self { simulator }
    }

    /// Stops it, and starts it again on its port once `down` is over, with what `change` makes of its world.
    pub(crate) async fn restart<T>(self, down: impl Future<Output = T>, change: impl FnOnce(&World)) -> Self {
        let (address, world) = (self.simulator.address(), self.world().clone());
        self.simulator.stop().await;
        down.await;
        change(&world);
        let simulator = Simulator::start_with(address, world, Options::default()).await.unwrap();
        Self { simulator }
    }

    /// Its address, `http://127.0.0.1:PORT/v1`.
    pub(crate) fn base(&self) -> String {
        self.simulator.base_url()
    }

    /// What it serves.
    pub(crate) fn world(&self) -> &World {
        self.simulator.world()
    }

    /// Downloads a chat model.
    pub(crate) fn add(&self, key: &str) {
        self.world().add(SimModel::chat(key));
    }

    /// When lmsync asked for a list of models, from `since` on.
    pub(crate) fn listings(&self, since: SystemTime) -> Vec<SystemTime> {
        listings(&self.world().requests(), since)
    }

    /// Waits until lmsync has asked so many times; returns when.
    pub(crate) async fn first_listings(&self, count: usize) -> Vec<SystemTime> {
        self.wait("a listing", |requests| listings(requests, UNIX_EPOCH).len() >= count).await;
        self.listings(UNIX_EPOCH)
    }

    /// Waits for a listing that lmsync asks for from `since` on; returns when the first of them came.
    pub(crate) async fn listing(&self, since: SystemTime) -> SystemTime {
        self.wait("a listing", |requests| !listings(requests, since).is_empty()).await;
        self.listings(since)[0]
    }

    /// The chats so far.
    pub(crate) fn chats(&self) -> Vec<Chat> {
        self.world().requests().iter().filter_map(chat).collect()
    }

    /// Waits for the chat after the first so many.
    pub(crate) async fn chat(&self, after: usize) -> Chat {
        self.wait("a chat", |requests| requests.iter().filter_map(chat).count() > after).await;
        self.chats().swap_remove(after)
    }

    /// Waits until no generation runs; returns when.
    pub(crate) async fn idle(&self) -> SystemTime {
        let idle = self.world().wait_until(|world| world.active_generations() == 0);
        timeout(PATIENCE, idle).await.expect("a generation has not ended");
        SystemTime::now()
    }

    /// Waits until the log of requests satisfies `enough`.
    pub(crate) async fn wait(&self, what: &str, enough: impl FnMut(&[LoggedRequest]) -> bool) {
        if timeout(PATIENCE, self.world().wait_for(enough)).await.is_err() {
            panic!("{what} has not come: {:#?}", self.world().requests());
        }
    }

    /// Another client of LM Studio: asks for a chat, and never hears the end of it unless the generation is let go.
    /// Dropping the result hangs up.
    pub(crate) async fn ask(&self, model: &str) -> TcpStream {
        let before = self.chats().len();
        let address = self.simulator.address();
        let body = format!(r#"{{"model":"{model}","stream":true,"messages":[{{"role":"user","content":"?"}}]}}"#);
        let head = format!("POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}", body.len());
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("{head}\r\ncontent-type: application/json\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).await.unwrap();
        self.chat(before).await;
        stream
    }
}

/// The calls of this name over LM Studio's WebSocket.
pub(crate) fn calls(requests: &[LoggedRequest], name: &str) -> usize {
    let is = |request: &&LoggedRequest| matches!(&request.call, Some(Call::Rpc { endpoint }) if endpoint == name);
    requests.iter().filter(is).count()
}

fn listings(requests: &[LoggedRequest], since: SystemTime) -> Vec<SystemTime> {
    let ours = |request: &&LoggedRequest| {
        let agent = request.user_agent.as_deref().unwrap_or_default();
        request.is_listing() && agent.starts_with("lmsync/")
    };
    requests.iter().filter(ours).map(at).filter(|at| *at >= since).collect()
}

fn chat(request: &LoggedRequest) -> Option<Chat> {
    let Some(Call::Chat { model, max_tokens, max_completion_tokens, roles, characters, .. }) = request.call.clone()
    else {
        return None;
    };
    Some(Chat { at: at(request), model, max_tokens, max_completion_tokens, roles, characters })
}

fn at(request: &LoggedRequest) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(request.at_ms)
}
