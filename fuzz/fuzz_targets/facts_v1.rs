//! Tries what LM Studio's `/api/v1/models` may answer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| adapters_http::fuzz::facts_v1(bytes));
