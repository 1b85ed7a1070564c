//! Servers that lie, hang, flood and spy, against the whole program: what is known stays, nothing grows, nothing
//! leaks, and nothing that a stranger says acts on its reader.

mod answers;
mod memory;
mod secrets;
mod server;
mod text;
