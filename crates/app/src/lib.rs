//! The use case of lmsync: configuration, one pass, and the loop that repeats it.

pub mod config;
