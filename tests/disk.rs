//! Disks that fail: the power cut at any moment of a write, a disk that is full, a volume that becomes read-only.
//! It mounts file systems of its own, which takes root, FUSE and loop devices.

mod fuse;
mod hang;
mod mounts;
mod power;
mod simulated;
mod space;
