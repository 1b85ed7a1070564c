//! Windows.

mod directory;
mod file;
mod lock;
mod patience;
mod system;

pub(crate) use self::directory::Directory;
pub(crate) use self::file::{
    Fingerprint, Stat, link_count, open_to_read, owner_and_mode, read_at, special_kind, sync_file, touch,
    write_at_start,
};
pub(crate) use self::system::{
    host_name, is_link_circle, is_mounted, may_read, may_write, process_runs, remedy, volume_at,
};
