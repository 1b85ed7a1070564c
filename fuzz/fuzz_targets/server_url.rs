//! Tries any text as the address of a server.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| config::fuzz::server_url(bytes));
