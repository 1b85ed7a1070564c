//! What befalls a program that writes where another one reads: each part tries to break one promise of
//! docs/GUARANTEES.md. `cargo xtask test` runs all of it briefly, `cargo xtask torture` at full count.

mod crash;
mod faults;
mod gateways;
mod host;
mod pause;
mod reader;
mod soak;
mod writers;
