//! Tries what `GET /models` may answer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| adapters_http::fuzz::listing(bytes));
