//! Disks that fail: the power cut at any moment of a write, a disk that is full, a volume that becomes read-only.
//! It mounts file systems of its own, which takes root, FUSE and loop devices.
#![allow(clippy::unwrap_used, reason = "a suite fails by panicking")]

#[path = "torture/chance.rs"]
mod chance;
#[path = "torture/foreign.rs"]
mod foreign;
#[path = "disk/fuse.rs"]
mod fuse;
#[path = "disk/hang.rs"]
mod hang;
#[path = "disk/mounts.rs"]
mod mounts;
#[path = "disk/power.rs"]
mod power;
#[path = "disk/simulated.rs"]
mod simulated;
#[path = "disk/space.rs"]
mod space;
mod support;
