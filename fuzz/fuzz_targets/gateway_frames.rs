//! Tries what a gateway may say over its WebSocket.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| adapters_http::fuzz::gateway_frames(bytes));
