//! An RPC client: one WebSocket connection that has been let in, with one task that reads it for as long as it lasts.
//!
//! Calls find their answers by id, so a slow refresh holds up no question for activity. Frames that no call waits for
//! are dropped where they are read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::error::{Failure, RpcError};
use super::runs::{AgentEvent, Runs};
use super::wire::{Frame, Rejection, Request};
use crate::http_client::Stream;

pub(super) type Socket = WebSocketStream<Box<dyn Stream>>;

/// How many calls may wait to be sent; two are made at a time at most.
const OUTBOX: usize = 4;

/// A frame above this leaves the connection with a buffer of its size, so the connection is then renewed.
const HEAVY: usize = 1 << 20;

/// How long a gateway may take to accept a few hundred bytes.
const SEND: Duration = Duration::from_secs(2);

/// An open connection. Dropping it closes it.
pub(super) struct RpcClient {
    outbox: mpsc::Sender<Message>,
    shared: Arc<Shared>,
    secrets: Vec<domain::Secret>,
}

/// What callers and the reading task both hold.
struct Shared(Mutex<State>);

#[derive(Default)]
struct State {
    last_id: u64,
    waiting: HashMap<String, oneshot::Sender<Utf8Bytes>>,
    /// Since when a call has been waiting in vain, with no frame after it.
    stalled: Option<Instant>,
    ended: Option<Failure>,
    answered: bool,
    heavy: bool,
    runs: Option<Runs>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic runs under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer's frame; what it holds is read as the type that the caller wants.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(default)]
    ok: bool,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<Rejection>,
}

impl RpcClient {
    /// Takes over a socket on which the handshake is done. With `count_runs`, the gateway's announcements of runs
    /// are counted. `secrets` are kept out of what the gateway is quoted with.
    pub(super) fn over(socket: Socket, count_runs: bool, secrets: Vec<domain::Secret>) -> Self {
        let state = State { runs: count_runs.then(Runs::default), ..State::default() };
        let shared = Arc::new(Shared(Mutex::new(state)));
        let (outbox, inbox) = mpsc::channel(OUTBOX);
        tokio::spawn(serve(socket, inbox, Arc::clone(&shared)));
        Self { outbox, shared, secrets }
    }

    /// Calls a method, and hands the payload of its answer to `read`.
    pub(super) async fn call<T>(
        &self,
        method: &'static str,
        params: impl Serialize,
        deadline: Instant,
        read: impl FnOnce(&str) -> Result<T, serde_json::Error>,
    ) -> Result<T, Failure> {
        let began = Instant::now();
        let (id, answer) = {
            let mut state = self.shared.state();
            if let Some(why) = &state.ended {
                return Err(Arc::clone(why));
            }
            state.last_id += 1;
            let id = format!("c{}", state.last_id);
            let (sender, answer) = oneshot::channel();
            state.waiting.insert(id.clone(), sender);
            (id, answer)
        };
        let _waiting = Waiting { shared: &self.shared, id: &id };
        let text = Request::text(&id, method, params).map_err(RpcError::from)?;
        let exchange = async {
            // Where the reading task has ended, the answer's sender is gone as well.
            let _ = self.outbox.send(Message::text(text)).await;
            answer.await
        };
        let frame = match timeout_at(deadline, exchange).await {
            Ok(Ok(frame)) => frame,
            Ok(Err(_)) => return Err(self.ended().unwrap_or_else(|| Arc::new(RpcError::Closed))),
            Err(_) => {
                self.shared.state().stalled.get_or_insert(began);
                return Err(Arc::new(RpcError::Silent));
            }
        };
        let answer: Answer<'_> = serde_json::from_str(&frame).map_err(RpcError::from)?;
        if answer.ok {
            let payload = answer.payload.map_or("null", RawValue::get);
            let payload = read(payload).map_err(RpcError::from)?;
            self.shared.state().answered = true;
            return Ok(payload);
        }
        let mut rejection = answer.error.unwrap_or_default();
        self.shared.state().answered = true;
        Err(Arc::new(if rejection.is_about_reading() {
            RpcError::NoScope("operator.read is missing")
        } else {
            rejection.redact(&self.secrets);
            RpcError::Rejected { method, rejection }
        }))
    }

    /// Why the connection has ended, if it has.
    pub(super) fn ended(&self) -> Option<Failure> {
        self.shared.state().ended.clone()
    }

    /// For how long the gateway has been silent although it was asked.
    pub(super) fn stalled(&self) -> Option<Duration> {
        self.shared.state().stalled.map(|since| since.elapsed())
    }

    /// Whether the gateway has answered a call on this connection.
    pub(super) fn has_answered(&self) -> bool {
        self.shared.state().answered
    }

    /// Whether the connection holds a large buffer while no call waits.
    pub(super) fn should_be_renewed(&self) -> bool {
        let state = self.shared.state();
        state.heavy && state.waiting.is_empty()
    }

    /// How many runs have been announced and have not ended.
    pub(super) fn runs(&self) -> u64 {
        self.shared.state().runs.as_mut().map_or(0, |runs| runs.count(Instant::now()) as u64)
    }
}

/// A call that waits; given up, it is forgotten.
struct Waiting<'a> {
    shared: &'a Shared,
    id: &'a str,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.shared.state().waiting.remove(self.id);
    }
}

/// Sends what is called and reads what comes, until either side ends: ours by dropping the client.
async fn serve(mut socket: Socket, mut inbox: mpsc::Receiver<Message>, shared: Arc<Shared>) {
    let why = loop {
        tokio::select! {
            call = inbox.recv() => match call {
                Some(call) => match timeout(SEND, socket.send(call)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => break RpcError::Broken(error),
                    Err(_) => break RpcError::Silent,
                },
                None => {
                    // Whether the gateway hears it or not, the connection ends here.
                    let _ = timeout(SEND, socket.close(None)).await;
                    break RpcError::Closed;
                }
            },
            frame = socket.next() => match frame {
                Some(Ok(Message::Text(text))) => if let Err(garbled) = shared.take(text) {
                    break garbled;
                },
                Some(Ok(Message::Binary(_))) => break RpcError::Garbled("a binary frame".to_owned()),
                Some(Ok(Message::Close(_))) | None => break RpcError::Closed,
                Some(Ok(_)) => {}
                Some(Err(error)) => break RpcError::Broken(error),
            },
        }
    };
    let mut state = shared.state();
    state.ended = Some(Arc::new(why));
    state.waiting.clear();
}

impl Shared {
    /// Brings an answer to who waits for it, notes what an event says about runs, and drops all else.
    fn take(&self, text: Utf8Bytes) -> Result<(), RpcError> {
        let frame: Frame<'_> = serde_json::from_str(&text).map_err(RpcError::from)?;
        let mut state = self.state();
        state.stalled = None;
        state.heavy |= text.len() > HEAVY;
        if frame.kind == "res" {
            if let Some(waiting) = state.waiting.remove(frame.id.as_ref()) {
                // A caller that gave up meanwhile does not want it any more.
                let _ = waiting.send(text.clone());
            }
        } else if frame.event == "agent" {
            let event = frame.payload.and_then(|payload| serde_json::from_str::<AgentEvent<'_>>(payload.get()).ok());
            if let (Some(runs), Some(event)) = (state.runs.as_mut(), event) {
                runs.note(&event, Instant::now());
            }
        }
        Ok(())
    }
}
