//! Answers of servers as people really have them: what becomes of each in models.json, over real HTTP.

mod folder;
mod incomplete;
mod stated;
