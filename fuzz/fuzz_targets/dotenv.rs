//! Tries any `.env` text.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| config::fuzz::dotenv(bytes));
