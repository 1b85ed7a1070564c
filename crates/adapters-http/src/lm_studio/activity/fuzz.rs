//! Laws for LM Studio's side of its WebSocket.

use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::Watched;
use super::socket::{MAX_FRAME, Socket, SocketError};
use crate::fuzz::{converse, is_shown_escaped, peer};
use crate::websocket::limits;

/// Any bytes as LM Studio's answers: the question ends, and its error is safe to show.
pub fn frames(bytes: &[u8]) {
    converse(async {
        match ask(bytes).await {
            Ok(Some(busy)) => {
                assert!(busy.chars().count() < 300 && !busy.contains(char::is_control), "{busy:?}");
            }
            Ok(None) => {}
            Err(error) => is_shown_escaped(&error),
        }
    });
}

async fn ask(bytes: &[u8]) -> Result<Option<String>, SocketError> {
    let socket = WebSocketStream::from_raw_socket(peer(bytes), Role::Client, Some(limits(MAX_FRAME))).await;
    let mut socket = Socket::over(socket, None).await?;
    let instances = socket.list_loaded().await?;
    Watched { socket, instances, listed: Instant::now() }.busy().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_seed_of_the_fuzzer_gets_through_to_the_end() {
        let seed = include_bytes!("../../../../../fuzz/corpus/lm_studio_frames/one-loaded");
        converse(async {
            assert_eq!(ask(seed).await.unwrap().as_deref(), Some("qwen/qwen3-8b is generating, 1 waiting"));
        });
    }
}
