//! Tries what LM Studio may say over its WebSocket.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| adapters_http::fuzz::lm_studio_frames(bytes));
