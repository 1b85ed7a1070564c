//! The device key's secret bytes, by which some gateways know this installation again.

use std::fs;
use std::path::Path;

use domain::ports::Cause;

use crate::{read, write};

/// How many bytes an ed25519 seed has.
const BYTES: usize = 32;

/// Reads the 32 bytes, or makes and keeps them the first time: a file that only this user can read, in a folder
/// that only this user can enter. A file of another length is replaced.
///
/// # Errors
/// Where the file can be neither read nor written, or `make` fails.
pub fn device_seed(file: &Path, make: impl FnOnce() -> Result<[u8; BYTES], Cause>) -> Result<Vec<u8>, Cause> {
    if let Some(kept) = read::snapshot(file)? {
        if kept.content.len() == BYTES {
            return Ok(kept.content.to_vec());
        }
        // A replacement would take over its rights.
        fs::remove_file(file)?;
    }
    let seed = make()?;
    write::replace(file, &seed, None)?;
    Ok(seed.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::is_for_owner_alone;

    fn seed(file: &Path, byte: u8) -> Vec<u8> {
        device_seed(file, || Ok([byte; 32])).unwrap()
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
        assert!(is_for_owner_alone(&file));
    }
}
