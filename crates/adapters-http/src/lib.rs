//! All of lmsync that speaks HTTP or WebSocket, and the simulated LM Studio that it is tried against.

pub mod simulator;
