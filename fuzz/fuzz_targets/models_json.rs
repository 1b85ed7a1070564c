//! Tries any document under the edit.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| adapters_fs::document::fuzz::models_json(bytes));
