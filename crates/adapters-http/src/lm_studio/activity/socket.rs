//! One WebSocket connection to LM Studio: JSON text frames, a namespace each (lmstudio-js,
//! `packages/lms-communication`). Read only while something is asked, so an idle one costs nothing.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use domain::Secret;
use futures_util::{SinkExt as _, StreamExt as _};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use thiserror::Error;
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::http_client::{ExchangeError, Origin, Stream, Tls, connect, excerpt};
use crate::websocket::limits;

/// The largest frame that is read: a listing of some thousand loaded models.
pub(super) const MAX_FRAME: usize = 4 << 20;

/// How long an endpoint may take that an old server would never answer.
const CALL: Duration = Duration::from_secs(1);

/// Why LM Studio did not answer. Cloned, because it is returned again until the next attempt is due.
#[derive(Debug, Clone, Error)]
pub(super) enum SocketError {
    #[error("no connection")]
    Unreachable(#[source] Arc<ExchangeError>),
    #[error("{0}")]
    Unsupported(String),
    #[error("LM Studio refuses the key")]
    Refused,
    #[error("no answer within {0:?}")]
    Silent(Duration),
    #[error("the answer makes no sense: {0}")]
    Garbled(String),
    #[error("the connection was closed")]
    Closed,
}

/// What an instance is doing. `status` is one of `idle`, `processingPrompt`, `generating` and
/// `computingEmbedding`; one that a later version adds counts as work.
#[derive(Debug, Deserialize)]
pub(super) struct ProcessingState {
    status: String,
    #[serde(default)]
    queued: u64,
}

impl ProcessingState {
    pub(super) fn is_idle(&self) -> bool {
        self.status == "idle"
    }

    pub(super) fn describe(&self, instance: &str) -> String {
        let doing = match self.status.as_str() {
            "processingPrompt" => "is reading a prompt",
            "generating" => "is generating",
            "computingEmbedding" => "is computing an embedding",
            _ => "is at work",
        };
        // The count includes the current request.
        match self.queued {
            0 | 1 => format!("{instance} {doing}"),
            queued => format!("{instance} {doing}, {} waiting", queued - 1),
        }
    }
}

pub(super) struct Socket {
    socket: WebSocketStream<Box<dyn Stream>>,
    calls: u64,
}

/// A frame, as far as it matters.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Frame<'a> {
    #[serde(rename = "type", default)]
    kind: String,
    call_id: Option<u64>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
}

/// The one frame that has no `type`: the answer to the introduction.
#[derive(Deserialize)]
struct Admission {
    success: bool,
}

#[derive(Deserialize)]
struct ServerVersion {
    version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Loaded {
    instance_reference: String,
    #[serde(default)]
    identifier: String,
}

/// A loaded model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Instance {
    pub(super) reference: String,
    /// Its name, made fit to be shown.
    pub(super) shown: String,
}

impl Socket {
    /// Connects and introduces us. With a token of LM Studio's, that is who we are; else a guest. The namespace `llm`
    /// or `embedding` says which models the connection knows; `system` knows none, but the server itself.
    pub(super) async fn open(
        origin: &Origin,
        path: &str,
        namespace: &'static str,
        key: Option<&Secret>,
        tls: &Tls,
    ) -> Result<Self, SocketError> {
        let stream = connect(origin, tls).await.map_err(|error| SocketError::Unreachable(Arc::new(error)))?;
        let scheme = if origin.https { "wss" } else { "ws" };
        let url = format!("{scheme}://{}{path}/{namespace}", origin.authority());
        let upgrade = client_async_with_config(url, stream, Some(limits(MAX_FRAME)));
        // A server that ignores the upgrade, as LM Studio does for a namespace that it has not, is none.
        let (socket, _) = match tokio::time::timeout(CALL, upgrade).await {
            Ok(Ok(upgraded)) => upgraded,
            Ok(Err(tungstenite::Error::Io(_))) => return Err(SocketError::Closed),
            Ok(Err(_)) | Err(_) => return Err(SocketError::Unsupported("it has no such WebSocket".into())),
        };
        Self::over(socket, key).await
    }

    /// Introduces us on an open WebSocket.
    pub(super) async fn over(
        socket: WebSocketStream<Box<dyn Stream>>,
        key: Option<&Secret>,
    ) -> Result<Self, SocketError> {
        let mut socket = Self { socket, calls: 0 };
        socket.introduce(key).await?;
        Ok(socket)
    }

    async fn introduce(&mut self, key: Option<&Secret>) -> Result<(), SocketError> {
        let (identifier, passkey) = match key.and_then(|key| token_parts(key.expose())) {
            Some((identifier, passkey)) => (identifier.to_owned(), passkey.to_owned()),
            // First come, first served: another guest's name would be refused.
            None => (format!("guest:{}", random()?), random()?),
        };
        let text = json!({ "authVersion": 1, "clientIdentifier": identifier, "clientPasskey": passkey }).to_string();
        self.send(text).await?;
        let answer = self.next().await?;
        let admission: Admission = serde_json::from_str(&answer).map_err(garbled)?;
        if admission.success { Ok(()) } else { Err(SocketError::Refused) }
    }

    /// The models that are loaded now.
    pub(super) async fn list_loaded(&mut self) -> Result<Vec<Instance>, SocketError> {
        let read = |result: &str| serde_json::from_str::<Vec<Loaded>>(result);
        let loaded = self.call("listLoaded", None, read).await?;
        let loaded = loaded.ok_or_else(|| SocketError::Garbled("listLoaded fails".into()))?;
        let instance =
            |loaded: Loaded| Instance { shown: excerpt(&loaded.identifier), reference: loaded.instance_reference };
        Ok(loaded.into_iter().map(instance).collect())
    }

    /// The server's version (namespace `system`), if it says one.
    pub(super) async fn version(&mut self) -> Result<Option<String>, SocketError> {
        let read = |result: &str| serde_json::from_str::<ServerVersion>(result);
        Ok(self.call("version", None, read).await?.map(|answer| answer.version))
    }

    /// What one instance is doing; `None` where there is no such instance any more.
    pub(super) async fn processing_state(&mut self, reference: &str) -> Result<Option<ProcessingState>, SocketError> {
        let specifier = json!({ "type": "instanceReference", "instanceReference": reference });
        let parameter = json!({ "specifier": specifier, "throwIfNotFound": true });
        let read = |result: &str| serde_json::from_str::<Option<ProcessingState>>(result);
        Ok(self.call("getInstanceProcessingState", Some(parameter), read).await?.flatten())
    }

    /// Calls an endpoint. A server that does not know it says so in a warning without the call's id, at most five
    /// times a connection, or not at all. `None` where the handler failed: the instance is gone.
    async fn call<T>(
        &mut self,
        endpoint: &'static str,
        parameter: Option<Value>,
        read: impl FnOnce(&str) -> Result<T, serde_json::Error>,
    ) -> Result<Option<T>, SocketError> {
        let id = self.calls;
        self.calls += 1;
        let mut call = json!({ "type": "rpcCall", "endpoint": endpoint, "callId": id });
        if let (Some(parameter), Some(call)) = (parameter, call.as_object_mut()) {
            // Present only where there is one: LM Studio refuses an empty one.
            call.insert("parameter".into(), parameter);
        }
        self.send(call.to_string()).await?;
        let unknown = || SocketError::Unsupported(format!("it does not know {endpoint} (LM Studio 0.3.27 does)"));
        let answered = async {
            loop {
                let text = self.next().await?;
                let frame: Frame<'_> = serde_json::from_str(&text).map_err(garbled)?;
                match frame.kind.as_str() {
                    "communicationWarning" => return Err(unknown()),
                    "rpcError" if frame.call_id == Some(id) => return Ok(None),
                    "rpcResult" if frame.call_id == Some(id) => {
                        let result = frame.result.map_or("null", RawValue::get);
                        return read(result).map(Some).map_err(garbled);
                    }
                    // An answer that no call waits for any more.
                    _ => {}
                }
            }
        };
        tokio::time::timeout(CALL, answered).await.unwrap_or_else(|_| Err(unknown()))
    }

    async fn send(&mut self, text: String) -> Result<(), SocketError> {
        self.socket.send(Message::text(text)).await.map_err(|_| SocketError::Closed)
    }

    async fn next(&mut self) -> Result<Utf8Bytes, SocketError> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(_)) | None => return Err(SocketError::Closed),
                Some(Err(tungstenite::Error::Capacity(error))) => {
                    return Err(SocketError::Garbled(error.to_string()));
                }
                Some(Err(_)) => return Err(SocketError::Closed),
            }
        }
    }
}

fn garbled(error: serde_json::Error) -> SocketError {
    // Its own text would repeat the server's.
    SocketError::Garbled(format!("line {} column {}", error.line(), error.column()))
}

/// An LM Studio API token is `sk-lm-<8 letters or digits>:<20 letters or digits>` (`lmstudioAPIToken.ts`).
fn token_parts(key: &str) -> Option<(&str, &str)> {
    let (identifier, passkey) = key.strip_prefix("sk-lm-")?.split_once(':')?;
    let is_part = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_part(identifier, 8) && is_part(passkey, 20)).then_some((identifier, passkey))
}

fn random() -> Result<String, SocketError> {
    let mut bytes = [0; 18];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| SocketError::Garbled("the system gives no random bytes".into()))?;
    Ok(STANDARD_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_token_of_lm_studios_is_taken_apart() {
        let token = "sk-lm-AbCd1234:01234567890123456789";
        assert_eq!(token_parts(token), Some(("AbCd1234", "01234567890123456789")));
        for other in ["lm-studio", "sk-abc", "sk-lm-short:x", "sk-lm-AbCd1234:0123456789012345678\n"] {
            assert_eq!(token_parts(other), None, "{other}");
        }
    }

    #[test]
    fn what_waits_is_counted_without_what_runs() {
        let described = |status: &str, queued| ProcessingState { status: status.into(), queued }.describe("a");
        assert_eq!(described("generating", 1), "a is generating");
        assert_eq!(described("processingPrompt", 3), "a is reading a prompt, 2 waiting");
        assert_eq!(described("dreaming", 0), "a is at work");
    }
}
