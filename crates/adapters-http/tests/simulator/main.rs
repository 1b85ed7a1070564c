//! The simulated LM Studio over real loopback connections, held against LM Studio's documentation.

mod client;
mod listings;
