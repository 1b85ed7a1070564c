//! Servers that lie, hang, flood and spy, against the whole program: what is known stays, nothing grows, nothing
//! leaks, and nothing that a stranger says acts on whoever reads of it.
#![allow(clippy::unwrap_used, reason = "a suite fails by panicking")]

#[path = "hostile/answers.rs"]
mod answers;
#[path = "hostile/memory.rs"]
mod memory;
#[path = "hostile/secrets.rs"]
mod secrets;
#[path = "hostile/server.rs"]
mod server;
mod support;
#[path = "hostile/text.rs"]
mod text;
