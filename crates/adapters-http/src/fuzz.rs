//! Laws for what strangers send: tried by the fuzzers on any bytes, by a short test on some, and in no other build.

use std::error::Error;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::http_client::Stream;

pub use crate::gateway::fuzz::frames as gateway_frames;
pub use crate::lm_studio::activity::fuzz::frames as lm_studio_frames;
pub use crate::lm_studio::fuzz::{facts_v0, facts_v1, listing};

/// How much of what we say fits on the way to a peer that never reads.
const ROOM: usize = 64 << 10;

/// Runs a conversation.
pub(crate) fn converse(talk: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(talk);
}

/// How many turns the other tasks get between two frames, so that each finds who waits for it.
const TURNS: usize = 8;

/// A peer that sends these bytes and then no more. After an odd first byte each line of the rest is a text frame,
/// sent when the one before was heard; else the rest is sent as it is.
pub(crate) fn peer(bytes: &[u8]) -> Box<dyn Stream> {
    let (kind, rest) = bytes.split_first().unwrap_or((&0, bytes));
    let pieces: Vec<Vec<u8>> = match kind % 2 {
        0 => vec![rest.to_vec()],
        _ => rest.split(|byte| *byte == b'\n').map(text_frame).collect(),
    };
    let (ours, mut theirs) = tokio::io::duplex(ROOM);
    tokio::spawn(async move {
        for piece in pieces {
            let _ = theirs.write_all(&piece).await;
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
        }
        let _ = theirs.shutdown().await;
        let _ = theirs.read_to_end(&mut Vec::new()).await;
    });
    Box::new(ours)
}

/// A frame as a server sends it: whole, text, not masked (RFC 6455, 5.2).
fn text_frame(text: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x81];
    match text.len() {
        length @ 0..=125 => frame.push(length as u8),
        length @ 126..=0xffff => {
            frame.push(126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(text);
    frame
}

/// Checks that an error about untrusted input is short and safe to print.
pub(crate) fn is_shown_escaped(error: &dyn Error) {
    let mut cause = Some(error);
    while let Some(error) = cause {
        is_escaped(&error.to_string());
        cause = error.source();
    }
}

/// A text that is short and cannot act on a terminal.
pub(crate) fn is_escaped(text: &str) {
    assert!(text.chars().count() < 1000 && !text.contains(char::is_control), "{text:?}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What real peers say, to be spoilt.
    const HTTP: [&[u8]; 3] = [
        include_bytes!("../tests/fixtures/models-lm-studio.json"),
        include_bytes!("../tests/fixtures/api-v1-models.json"),
        include_bytes!("../tests/fixtures/api-v0-models.json"),
    ];
    const GATEWAY: &[u8] = include_bytes!("../../../fuzz/corpus/gateway_frames/let-in");
    const LM_STUDIO: &[u8] = include_bytes!("../../../fuzz/corpus/lm_studio_frames/one-loaded");

    fn spoilt(whole: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
        let edit = (any::<prop::sample::Index>(), any::<u8>(), 0..4_u8);
        proptest::collection::vec(edit, 0..6).prop_map(move |edits| {
            let mut bytes = whole.to_vec();
            for (place, byte, kind) in edits {
                let place = place.index(bytes.len());
                match kind {
                    0 => bytes[place] = byte,
                    1 => bytes.insert(place, byte),
                    2 => drop(bytes.drain(..place)),
                    _ => bytes.truncate(place),
                }
                bytes.push(byte);
            }
            bytes
        })
    }

    /// A list of entries of which some name a model in a way that is not read, as an object or by itself.
    fn partly_unreadable() -> impl Strategy<Value = String> {
        let name = prop::sample::select(&["a", "qwen/qwen3-8b", "unheard of", "", "a\u{1b}b"][..]);
        let entry = (name, 0..8_u8).prop_map(|(name, kind)| match kind {
            0..=3 => serde_json::json!({ "id": name }).to_string(),
            4 => serde_json::json!({ "name": name, "model": name }).to_string(),
            5 => serde_json::json!({ "id": [name] }).to_string(),
            6 => serde_json::json!(name).to_string(),
            _ => format!(r#"{{"id":{},"id":null}}"#, serde_json::json!(name)),
        });
        let more = prop::sample::select(&["", r#","has_more":true"#, r#","next":"b""#, r#","object":"list""#][..]);
        (proptest::collection::vec(entry, 0..6), more, any::<bool>()).prop_map(|(entries, more, bare)| {
            let entries = entries.join(",");
            if bare { format!("[{entries}]") } else { format!(r#"{{"data":[{entries}]{more}}}"#) }
        })
    }

    proptest! {
        #[test]
        fn what_is_unreadable_in_a_list_removes_nothing(body in partly_unreadable()) {
            listing(body.as_bytes());
        }

        #[test]
        fn lists_keep_the_laws(bytes in prop::sample::select(&HTTP[..]).prop_flat_map(spoilt)) {
            listing(&bytes);
            facts_v1(&bytes);
            facts_v0(&bytes);
        }

        #[test]
        fn frames_keep_the_laws(gateway in spoilt(GATEWAY), lm_studio in spoilt(LM_STUDIO)) {
            gateway_frames(&gateway);
            lm_studio_frames(&lm_studio);
        }

        #[test]
        fn any_bytes_keep_the_laws(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for law in [listing, facts_v1, facts_v0, gateway_frames, lm_studio_frames] {
                law(&bytes);
            }
        }
    }
}
