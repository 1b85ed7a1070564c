//! A fake gateway: one named scenario, a world that a test changes, and a log of what it was asked.

// Another suite takes this file by its path, too.
#[path = "fake/config.rs"]
mod config;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::{SinkExt as _, StreamExt as _};
use http::Uri;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, broadcast};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use self::config::FakeConfig;

/// What it wants to hear.
pub(crate) const TOKEN: &str = "tok-5ecret-1234";

const NONCE: &str = "nonce-1";

/// How a fake gateway behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// 2026.9.6: counts what runs, refreshes one provider.
    Late,
    /// 2026.9.6, asked from another host: connects, grants nothing, and lists its sessions over HTTP.
    LateFromAnotherHost,
    /// 2026.8.1: refreshes, but knows no `provider`.
    WithoutProvider,
    /// 2026.5.7: counts what runs, lists with `view` alone.
    Between,
    /// 2026.4.15: grants nothing without a device, and tells running sessions by their `status`.
    WantsDevice,
    /// 2026.2.12: announces runs in events, knows no parameter of `models.list`, calls itself `dev`.
    Early,
    /// Listens already, and lets nobody in yet.
    Starting,
    /// Accepts connections and says nothing.
    Hangs,
    /// Lets us in and then answers no call.
    HangsAfterHello,
    /// Sends what is no JSON.
    Garbage,
    /// Sends JSON of other shapes.
    OtherShapes,
    /// Closes each connection at once.
    Closes,
    /// Serves a web page at its WebSocket's address.
    WebPage,
    /// As `Late`, and sends an event of 20 MiB before each answer.
    HugeEvents,
    /// Refuses the token, and repeats it in its answer.
    RefusesToken,
    /// Wants a person to approve the device first.
    WantsApproval,
}

/// What a test may change while the gateway runs.
#[derive(Default)]
pub(crate) struct World {
    /// Turns under way.
    pub(crate) running: u32,
    /// Ids of our provider's models.
    pub(crate) models: Vec<String>,
    /// A view that shows other models of ours: its name, and their ids.
    pub(crate) odd_view: Option<(&'static str, Vec<String>)>,
    /// Whether the gateway has no credential for our provider.
    pub(crate) without_credential: bool,
    /// Whether the gateway cannot tell of credentials yet.
    pub(crate) without_auth_status: bool,
    /// Errors with which the next calls of `models.list` are answered.
    pub(crate) errors: VecDeque<Value>,
    /// How many of the next answers of `models.list` say that our provider is pending.
    pub(crate) pending: u32,
    /// Whether `models.list` waits for [`FakeGateway::release`].
    pub(crate) hold_lists: bool,
    /// OpenClaw's own configuration.
    pub(crate) config: FakeConfig,
    /// Whether calls are left without an answer.
    pub(crate) silent: bool,
}

/// What was asked.
#[derive(Default)]
pub(crate) struct Log {
    /// The connections that were made.
    pub(crate) connections: u32,
    /// The parameters of each `connect`.
    pub(crate) connects: Vec<Value>,
    /// Method and parameters of each call after that.
    pub(crate) calls: Vec<(String, Value)>,
    /// How many connections were closed in good order.
    pub(crate) closed: u32,
    /// The head of each plain HTTP request.
    pub(crate) http: Vec<String>,
}

/// A gateway on a port of its own, until it is dropped.
pub(crate) struct FakeGateway {
    port: u16,
    inner: Arc<Inner>,
    accepting: tokio::task::JoinHandle<()>,
}

struct Inner {
    scenario: Scenario,
    world: Mutex<World>,
    log: Mutex<Log>,
    events: broadcast::Sender<Value>,
    hang_up: Notify,
    release: Notify,
}

impl FakeGateway {
    pub(crate) async fn start(scenario: Scenario) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let inner = Arc::new(Inner {
            scenario,
            world: Mutex::default(),
            log: Mutex::default(),
            events: broadcast::channel(64).0,
            hang_up: Notify::new(),
            release: Notify::new(),
        });
        let shared = Arc::clone(&inner);
        let accepting = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                shared.log().connections += 1;
                let connection = Arc::clone(&shared);
                tokio::spawn(async move {
                    tokio::select! {
                        _ = connection.serve(stream) => {}
                        () = connection.hang_up.notified() => {}
                    }
                });
            }
        });
        Self { port, inner, accepting }
    }

    pub(crate) fn url(&self) -> Uri {
        format!("ws://127.0.0.1:{}", self.port).parse().unwrap()
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.inner.world.lock().unwrap()
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.inner.log()
    }

    /// Sends an event to all clients, before any answer to a later call.
    pub(crate) fn announce(&self, run: &str, stream: &str, phase: &str) {
        let payload = json!({"runId": run, "stream": stream, "data": {"phase": phase}, "seq": 1});
        let _ = self.inner.events.send(json!({"type": "event", "event": "agent", "payload": payload}));
    }

    /// Closes the open connections.
    pub(crate) fn hang_up(&self) {
        self.inner.hang_up.notify_waiters();
    }

    /// Lets one held `models.list` be answered.
    pub(crate) fn release(&self) {
        self.inner.release.notify_one();
    }
}

impl Drop for FakeGateway {
    fn drop(&mut self) {
        self.accepting.abort();
        self.hang_up();
    }
}

type Answer = Result<Value, Value>;

impl Inner {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap()
    }

    async fn serve(self: &Arc<Self>, mut stream: TcpStream) -> Option<()> {
        match self.scenario {
            Scenario::Hangs => return std::future::pending().await,
            Scenario::Closes => return None,
            Scenario::WebPage => return answer_http(&mut stream, "<html>").await.map(drop),
            _ => {}
        }
        let mut first = [0; 4];
        stream.peek(&mut first).await.ok()?;
        if &first == b"POST" {
            let status = if self.world.lock().unwrap().running > 0 { "running" } else { "done" };
            let body = json!({"ok": true, "result": {"details": {"sessions": [{"key": "a", "status": status}]}}});
            let head = answer_http(&mut stream, &body.to_string()).await?;
            self.log().http.push(head);
            return None;
        }
        let mut socket = tokio_tungstenite::accept_async(stream).await.ok()?;
        let mut events = self.events.subscribe();
        match self.scenario {
            Scenario::Garbage => return socket.send(Message::text("tok? <html>")).await.ok(),
            Scenario::OtherShapes => return socket.send(Message::text(r#"{"type":[1],"id":{}}"#)).await.ok(),
            _ => {}
        }
        let challenge = json!({"type": "event", "event": "connect.challenge", "payload": {"nonce": NONCE, "ts": 1}});
        send(&mut socket, challenge).await?;
        let mut reads = false;
        let (answers, mut answered) = tokio::sync::mpsc::unbounded_channel::<Value>();
        loop {
            tokio::select! {
                biased;
                Ok(event) = events.recv() => if reads { send(&mut socket, event).await?; },
                Some(answer) = answered.recv() => send(&mut socket, answer).await?,
                frame = socket.next() => {
                    let text = match frame?.ok()? {
                        Message::Text(text) => text,
                        Message::Close(_) => {
                            self.log().closed += 1;
                            return None;
                        }
                        _ => continue,
                    };
                    let call: Value = serde_json::from_str(&text).unwrap();
                    let (id, params) = (call["id"].clone(), call["params"].clone());
                    let method = call["method"].as_str().unwrap().to_owned();
                    if method == "connect" {
                        let (answer, may_read) = self.connect(&params);
                        reads = may_read;
                        self.log().connects.push(params);
                        send(&mut socket, response(&id, answer)).await?;
                        continue;
                    }
                    self.log().calls.push((method.clone(), params.clone()));
                    if self.scenario == Scenario::HangsAfterHello || self.world.lock().unwrap().silent {
                        continue;
                    }
                    if self.scenario == Scenario::HugeEvents {
                        let filling = "x".repeat(20 << 20);
                        send(&mut socket, json!({"type": "event", "event": "health", "payload": filling})).await?;
                    }
                    let (inner, answers) = (Arc::clone(self), answers.clone());
                    tokio::spawn(async move {
                        let answer = inner.call(&method, &params, reads).await;
                        let _ = answers.send(response(&id, answer));
                    });
                }
            }
        }
    }

    /// The answer to `connect`, and whether the client may read from now on.
    fn connect(&self, params: &Value) -> (Answer, bool) {
        let token = params["auth"]["token"].as_str().unwrap_or_default();
        if self.scenario == Scenario::RefusesToken || token != TOKEN {
            let message = format!("unauthorized: gateway token mismatch ({token})");
            return (Err(json!({"code": "INVALID_REQUEST", "message": message})), false);
        }
        if self.scenario == Scenario::WantsApproval {
            return (Err(json!({"code": "NOT_PAIRED", "message": "pairing required"})), false);
        }
        if self.scenario == Scenario::Starting {
            let message = "gateway starting; retry shortly";
            let error = json!({"code": "UNAVAILABLE", "message": message, "retryable": true, "retryAfterMs": 500});
            return (Err(error), false);
        }
        let reads = match self.scenario {
            Scenario::LateFromAnotherHost => false,
            Scenario::WantsDevice => has_valid_device(params),
            _ => true,
        };
        let (version, protocol, scopes, methods): (_, _, _, &[&str]) = match self.scenario {
            Scenario::Early => ("dev", 3, false, &["sessions.list", "models.list"]),
            Scenario::WantsDevice => ("2026.4.15", 3, false, &["sessions.list", "models.list"]),
            Scenario::Between => (
                "2026.5.7",
                3,
                true,
                &["sessions.list", "models.list", "models.authStatus", "gateway.restart.preflight"],
            ),
            _ => (
                if self.scenario == Scenario::WithoutProvider { "2026.8.1" } else { "2026.9.6" },
                4,
                true,
                &[
                    "sessions.list",
                    "models.list",
                    "models.authStatus",
                    "gateway.restart.preflight",
                    "gateway.suspend.prepare",
                ],
            ),
        };
        let granted = if reads { params["scopes"].clone() } else { json!([]) };
        let hello = json!({
            "type": "hello-ok", "protocol": protocol, "server": {"version": version, "connId": "x"},
            "features": {"methods": methods, "events": ["agent"]},
            "snapshot": {"uptimeMs": 60_000, "presence": [{"host": "vm"}]},
            "auth": if scopes { json!({"method": "token", "scopes": granted}) } else { json!({}) },
        });
        (Ok(hello), reads)
    }

    async fn call(&self, method: &str, params: &Value, reads: bool) -> Answer {
        if !reads {
            return Err(json!({"code": "INVALID_REQUEST", "message": "missing scope: operator.read"}));
        }
        let held = method == "models.list" && self.world.lock().unwrap().hold_lists;
        if held {
            self.release.notified().await;
        }
        let mut world = self.world.lock().unwrap();
        let early = self.scenario == Scenario::Early;
        match method {
            "gateway.restart.preflight" => {
                let busy = u32::from(world.running > 0);
                Ok(json!({"safe": busy == 0, "counts": {
                    "queueSize": busy * 2, "pendingReplies": 0, "embeddedRuns": world.running,
                    "backgroundExecSessions": 1, "rootRequests": 2, "totalActive": 7,
                }}))
            }
            "sessions.list" if early => Ok(json!({"sessions": [{"key": "a", "kind": "direct"}]})),
            "sessions.list" => {
                let status = if world.running > 0 { "running" } else { "done" };
                Ok(json!({"sessions": [{"key": "a", "status": status}, {"key": "b", "status": "done"}]}))
            }
            "models.list" => self.models(params, &mut world),
            "models.authStatus" => {
                let row = json!({"provider": "lmstudio", "status": "static", "profiles": []});
                Ok(json!({
                    "providers": if world.without_credential { vec![] } else { vec![row] },
                    "unavailable":
                        world.without_auth_status.then(|| json!({"code": "PREPARED_MODEL_AUTH_UNAVAILABLE"})),
                }))
            }
            "config.get" | "config.patch" | "config.set" => world.config.call(method, params),
            // Gateways answer an unknown method like this.
            _ => Err(json!({"code": "INVALID_REQUEST", "message": "missing scope: operator.admin"})),
        }
    }

    fn models(&self, params: &Value, world: &mut World) -> Answer {
        let known: &[&str] = match self.scenario {
            Scenario::Early | Scenario::WantsDevice => &[],
            Scenario::Between => &["view"],
            Scenario::WithoutProvider => &["view", "refresh"],
            _ => &["view", "refresh", "provider", "agentId"],
        };
        let unknown = params.as_object().unwrap().keys().filter(|name| !known.contains(&name.as_str()));
        let unknown: Vec<_> = unknown.map(|name| format!("at root: unexpected property '{name}'")).collect();
        if !unknown.is_empty() {
            let message = format!("invalid models.list params: {}", unknown.join("; "));
            return Err(json!({"code": "INVALID_REQUEST", "message": message}));
        }
        if let Some(error) = world.errors.pop_front() {
            return Err(error);
        }
        let odd = world.odd_view.as_ref().filter(|(view, _)| params["view"] == *view);
        let ids = odd.map_or(&world.models, |(_, ids)| ids);
        let mut rows: Vec<_> = ids.iter().map(|id| row("lmstudio", id)).collect();
        if params["provider"].is_null() {
            rows.push(row("anthropic", "foreign"));
        }
        let pending: &[&str] = if world.pending > 0 { &["lmstudio"] } else { &[] };
        world.pending = world.pending.saturating_sub(1);
        Ok(json!({"models": rows, "pendingProviders": pending}))
    }
}

/// A row says `available` for each model whose entry has an `apiKey`, whatever that is worth.
fn row(provider: &str, id: &str) -> Value {
    json!({"id": id, "name": id, "provider": provider, "contextWindow": 128_000, "available": true})
}

fn response(id: &Value, answer: Answer) -> Value {
    match answer {
        Ok(payload) => json!({"type": "res", "id": id, "ok": true, "payload": payload}),
        Err(error) => json!({"type": "res", "id": id, "ok": false, "error": error}),
    }
}

async fn send(socket: &mut WebSocketStream<TcpStream>, frame: Value) -> Option<()> {
    socket.send(Message::text(frame.to_string())).await.ok()
}

/// Reads a request with a short body, answers it, and returns its head.
async fn answer_http(stream: &mut TcpStream, body: &str) -> Option<String> {
    let mut request = vec![0; 4096];
    let length = stream.read(&mut request).await.ok()?;
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(answer.as_bytes()).await.ok()?;
    Some(String::from_utf8_lossy(&request[..length]).into_owned())
}

/// Checks a device the way 2026.9.6 does.
fn has_valid_device(params: &Value) -> bool {
    let (device, client) = (&params["device"], &params["client"]);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let check = || {
        let public = URL_SAFE_NO_PAD.decode(text(&device["publicKey"])?).ok()?;
        let payload = format!(
            "v3|{}|{}|{}|operator|operator.read|{}|{TOKEN}|{NONCE}|{}|",
            text(&device["id"])?,
            text(&client["id"])?,
            text(&client["mode"])?,
            device["signedAt"],
            text(&client["platform"])?,
        );
        let signature = URL_SAFE_NO_PAD.decode(text(&device["signature"])?).ok()?;
        UnparsedPublicKey::new(&ED25519, public).verify(payload.as_bytes(), &signature).ok()
    };
    check().is_some()
}
