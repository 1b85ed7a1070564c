//! A WebSocket client of the gateway: requests by method, and a chat that waits for its answer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Map, Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::device;

/// How long an answer may take. The first catalog after a start takes seconds.
const ANSWER: Duration = Duration::from_secs(240);

/// A whole turn, with its prompt of 60,000 characters.
const TURN: Duration = Duration::from_secs(240);

/// An old version lists hundreds of models in one frame.
const LARGEST: usize = 64 << 20;

/// An authenticated connection.
#[derive(Debug)]
pub(crate) struct Client {
    requests: UnboundedSender<Message>,
    messages: UnboundedReceiver<Message>,
    /// Reads and writes, also while no test waits: 2026.8.1 hangs up on a client that does not answer its pings, which
    /// come every 25 s.
    carrier: JoinHandle<()>,
    hello: Value,
    sent: u64,
    /// What it asks for a list of models with; a version refuses what it does not know.
    query: Map<String, Value>,
    /// Ends of chat runs that came while something else was awaited.
    ends: Vec<Value>,
}

/// How a chat turn ended.
#[derive(Debug)]
pub(crate) struct Turn {
    /// `final`, `error` or `aborted`.
    pub(crate) state: String,
    /// The answer's text, or the error's.
    pub(crate) text: String,
}

impl Client {
    /// Connects to a gateway on this loopback port with the token alone, and with a device where its version wants one;
    /// waits while that one says that it starts.
    pub(crate) async fn connect(port: u16, token: &str, scopes: &[&str]) -> Self {
        let began = Instant::now();
        let mut with_device = false;
        loop {
            let error = match Self::introduce(port, token, scopes, with_device).await {
                Ok(client) => {
                    let version = client.hello["server"]["version"].as_str().unwrap_or_default();
                    if with_device || !device::is_wanted_by(version) {
                        return client;
                    }
                    with_device = true;
                    continue;
                }
                Err(error) => error,
            };
            let starts = error["retryable"] == true && began.elapsed() < ANSWER;
            assert!(starts, "the gateway refused to connect: {error}");
            sleep(Duration::from_millis(200)).await;
        }
    }

    async fn introduce(port: u16, token: &str, scopes: &[&str], with_device: bool) -> Result<Self, Value> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let config = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
        let url = format!("ws://127.0.0.1:{port}/");
        let (socket, _) = client_async_with_config(url, stream, Some(config)).await.unwrap();
        let (requests, to_send) = unbounded_channel();
        let (received, messages) = unbounded_channel();
        let carrier = tokio::spawn(carry(socket, to_send, received));
        let (hello, query, ends) = (Value::Null, query(), Vec::new());
        let mut client = Self { requests, messages, carrier, hello, sent: 0, query, ends };
        let challenge = client.receive(ANSWER).await;
        assert_eq!(challenge["event"], "connect.challenge", "{challenge}");
        let mut connect = json!({
            "minProtocol": 3,
            "maxProtocol": 4,
            "client": {
                "id": "gateway-client", "version": "0.1.0", "platform": "linux", "mode": "backend",
            },
            "role": "operator",
            "scopes": scopes,
            "auth": { "token": token },
        });
        if with_device {
            connect["device"] = device::sign(&connect, challenge["payload"]["nonce"].as_str().unwrap());
        }
        client.hello = client.call("connect", connect).await?;
        Ok(client)
    }

    /// What the gateway said of itself: `server.version`, `features.methods`, `auth.scopes`.
    pub(crate) fn hello(&self) -> &Value {
        &self.hello
    }

    /// Calls a method: its payload, or the error's object. Events in between are passed over.
    pub(crate) async fn call(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.sent += 1;
        let id = self.sent.to_string();
        let request = json!({ "type": "req", "id": id, "method": method, "params": params });
        self.requests.send(Message::text(request.to_string())).expect("the gateway hung up");
        loop {
            let mut message = self.receive(ANSWER).await;
            if message["type"] == "res" && message["id"] == *id {
                let field = if message["ok"] == true { "payload" } else { "error" };
                let body = message[field].take();
                return if field == "payload" { Ok(body) } else { Err(body) };
            }
            self.ends.extend(end_of_run(message));
        }
    }

    /// The ids that its list of models shows of our provider. Nothing is refreshed.
    pub(crate) async fn models(&mut self) -> Vec<String> {
        self.models_in(Some("all")).await
    }

    /// The same in one of its views; without a name, in what it shows where nothing else is asked for.
    pub(crate) async fn models_in(&mut self, view: Option<&str>) -> Vec<String> {
        let list = loop {
            let mut query = self.query.clone();
            if let (Some(_), Some(view)) = (query.remove("view"), view) {
                query.insert("view".to_owned(), view.into());
            }
            let error = match self.call("models.list", Value::Object(query)).await {
                Ok(list) => break list,
                Err(error) => error,
            };
            let message = error["message"].as_str().unwrap_or_default();
            let known = self.query.len();
            self.query.retain(|name, _| !message.contains(&format!("unexpected property '{name}'")));
            if self.query.len() < known {
                continue;
            }
            // For seconds after its start, and after a change of its configuration.
            let starts = error["retryable"] == true || message.contains("not ready");
            assert!(starts, "models.list: {error}");
            sleep(Duration::from_millis(200)).await;
        };
        let rows = list["models"].as_array().unwrap().iter().filter(|row| row["provider"] == "lmstudio");
        rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Whether it is of the early version, which cannot refresh its picker.
    pub(crate) fn is_early(&self) -> bool {
        self.hello["protocol"] == 3
    }

    /// Sends a chat message (a command such as `/models lmstudio`, or a real turn) and waits for its end.
    pub(crate) async fn chat(&mut self, session: &str, text: &str) -> Turn {
        let run = self.say(session, text).await;
        self.turn(&run).await
    }

    /// Sends a chat message and returns its run's id, as soon as the gateway has taken it.
    pub(crate) async fn say(&mut self, session: &str, text: &str) -> String {
        // The gateway names the run by this key, and takes the same key for the same message.
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        let run = format!("{session}-{}-{}", std::process::id(), RUNS.fetch_add(1, Ordering::Relaxed));
        let message = json!({ "sessionKey": session, "message": text, "idempotencyKey": run });
        self.call("chat.send", message).await.unwrap_or_else(|error| panic!("chat.send: {error}"));
        run
    }

    /// Waits for the end of a run that was started with [`Self::say`].
    pub(crate) async fn turn(&mut self, run: &str) -> Turn {
        let chat = timeout(TURN, self.end(run)).await;
        let chat = chat.unwrap_or_else(|_| panic!("the run {run} has not ended within {TURN:?}"));
        let parts = chat["message"]["content"].as_array().map_or(&[][..], Vec::as_slice);
        let mut text: String = parts.iter().filter_map(|part| part["text"].as_str()).collect();
        text += chat["errorMessage"].as_str().unwrap_or_default();
        Turn { state: chat["state"].as_str().unwrap_or_default().to_owned(), text }
    }

    async fn end(&mut self, run: &str) -> Value {
        loop {
            if let Some(at) = self.ends.iter().position(|end| end["runId"] == run) {
                return self.ends.swap_remove(at);
            }
            let message = self.receive(TURN).await;
            self.ends.extend(end_of_run(message));
        }
    }

    async fn receive(&mut self, limit: Duration) -> Value {
        loop {
            let message = timeout(limit, self.messages.recv()).await.expect("the gateway says nothing");
            match message.expect("the gateway hung up") {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Close(frame) => panic!("the gateway hung up: {frame:?}"),
                _ => {}
            }
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.carrier.abort();
    }
}

/// Sends and receives until one side is gone.
async fn carry(
    mut socket: WebSocketStream<TcpStream>,
    mut to_send: UnboundedReceiver<Message>,
    received: UnboundedSender<Message>,
) {
    loop {
        let goes_on = tokio::select! {
            Some(message) = to_send.recv() => socket.send(message).await.is_ok(),
            message = socket.next() => match message {
                Some(Ok(message)) => received.send(message).is_ok(),
                _ => false,
            },
        };
        if !goes_on {
            return;
        }
    }
}

/// All that the newest version knows.
fn query() -> Map<String, Value> {
    let parameters = [("view", "all"), ("provider", "lmstudio")];
    parameters.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}

/// The payload of a chat event that is the last of its run.
fn end_of_run(mut message: Value) -> Option<Value> {
    let last = message["event"] == "chat"
        && matches!(message["payload"]["state"].as_str(), Some("final" | "error" | "aborted"));
    last.then(|| message["payload"].take())
}
