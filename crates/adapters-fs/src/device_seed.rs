//! The device key's secret bytes, by which some gateways know this installation again.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::platform::{create_folders_for_owner, create_for_owner};

/// How many bytes an ed25519 seed has.
const BYTES: u64 = 32;

/// Reads the 32 bytes, or makes and keeps them the first time: a file that only this user can read, in a folder
/// that only this user can enter. A file of another length is replaced.
///
/// # Errors
/// Where the file can be neither read nor written, or `make` fails.
pub fn device_seed<E>(
    file: &Path,
    make: impl FnOnce() -> Result<[u8; 32], E>,
) -> Result<Vec<u8>, DeviceSeedError<E>> {
    match fs::symlink_metadata(file) {
        Ok(metadata) if metadata.is_file() && metadata.len() == BYTES => Ok(fs::read(file)?),
        Ok(_) => keep(file, make().map_err(DeviceSeedError::Make)?),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            keep(file, make().map_err(DeviceSeedError::Make)?)
        }
        Err(error) => Err(error.into()),
    }
}

/// Why there is no device key.
#[derive(Debug, thiserror::Error)]
pub enum DeviceSeedError<E> {
    /// The file cannot be read or written.
    #[error("cannot keep the device key")]
    File(#[from] io::Error),
    /// No bytes could be made.
    #[error("cannot make a device key: {0}")]
    Make(E),
}

fn keep<E>(file: &Path, seed: [u8; 32]) -> Result<Vec<u8>, DeviceSeedError<E>> {
    if let Some(folder) = file.parent() {
        create_folders_for_owner(folder)?;
    }
    // Whole or not at all: a second lmsync may read it at the same time.
    let temporary = file.with_extension(format!("{}.tmp", std::process::id()));
    let written = create_for_owner(&temporary);
    let written =
        written.and_then(|mut opened| opened.write_all(&seed)).and_then(|()| fs::rename(&temporary, file));
    if let Err(error) = written {
        // The error that counts is the first one.
        let _ = fs::remove_file(&temporary);
        return Err(error.into());
    }
    Ok(seed.to_vec())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::platform::is_for_owner_alone;

    fn seed(file: &Path, byte: u8) -> Vec<u8> {
        device_seed(file, || Ok::<_, Infallible>([byte; 32])).unwrap()
    }

    #[test]
    fn a_key_is_made_once_and_is_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lmsync/device.key");
        assert_eq!(seed(&file, 1), [1; 32]);
        assert_eq!(seed(&file, 2), [1; 32]);
        assert!(is_for_owner_alone(&file) && is_for_owner_alone(file.parent().unwrap()));
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_no_key_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("device.key");
        fs::write(&file, "short").unwrap();
        assert_eq!(seed(&file, 3), [3; 32]);
    }
}
