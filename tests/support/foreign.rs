//! A models.json that holds what is not ours, and what must never become of it.

use std::fs;
use std::path::{Path, PathBuf};

/// A foreign provider and foreign keys, with all that a parser would like to normalise.
pub(crate) const FOREIGN: &str = r#"{
  "version": 1.0,
  "providers": {
    "other": {
      "baseUrl": "https://example.invalid/v1",
      "caf\u00e9": "\ud800",
      "big": 123456789012345678901234567890,
      "models": [],
      "models": [
        {
          "id": "x"
        }
      ]
    }
  },
  "last": null
}
"#;

/// Puts a content in a file's place, as a careful program does.
pub(crate) fn put(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let beside = path.with_extension("foreign");
    fs::write(&beside, content).unwrap();
    fs::rename(beside, path).unwrap();
}

/// What lmsync has left beside a file under a temporary name.
pub(crate) fn leftovers(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path.parent().unwrap()) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.to_string_lossy().ends_with(".tmp")).collect()
}
