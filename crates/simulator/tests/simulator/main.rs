//! The simulated LM Studio over real loopback connections, held against LM Studio's documentation.

mod chats;
mod client;
mod control;
mod listings;
mod sockets;
