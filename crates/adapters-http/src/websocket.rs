//! What both WebSockets have in common, the gateway's and LM Studio's: what is read from the other side at most.

use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// Small buffers for a connection that mostly lies idle, and no message longer than that, in bytes.
pub(crate) fn limits(longest: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(4 << 10)
        .write_buffer_size(0)
        .max_message_size(Some(longest))
        .max_frame_size(Some(longest))
}
