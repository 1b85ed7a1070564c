//! The file edge of lmsync: OpenClaw's `models.json`, read, edited as text and replaced durably.
//!
//! [`ModelsFile`] is the store; [`document`] holds the two pure functions below it, for whoever wants to try
//! them on a text alone.

pub mod document;
mod fault;
mod folder;
mod models_file;
mod read;
mod temp;
mod write;

pub use models_file::ModelsFile;
