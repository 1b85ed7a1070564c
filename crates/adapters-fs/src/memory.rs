//! A memory: one value as a JSON file in lmsync's own folder, which is not there while there is nothing to remember.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use domain::Version;
use domain::ports::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::folder::unwritable;
use crate::{read, write};

/// The file. It is written for its owner alone.
#[derive(Debug, Clone)]
pub(crate) struct Memory(PathBuf);

impl Memory {
    /// The file of that name in lmsync's own folder. Nothing is touched yet.
    pub(crate) fn in_folder(own_folder: &Path, name: &str) -> Self {
        Self(own_folder.join(name))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// What is remembered, with the version to write over; nothing where there is no file.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read, or is no such value.
    pub(crate) fn read<T: DeserializeOwned + Default>(&self) -> Result<(T, Version), StoreError> {
        let Some(snapshot) = read::snapshot(&self.0)? else { return Ok((T::default(), Version(None))) };
        let value = serde_json::from_slice(&snapshot.content)
            .map_err(|error| StoreError::Malformed { path: self.0.clone(), cause: Box::new(error) })?;
        Ok((value, Version(Some(snapshot.content))))
    }

    /// Remembers this from now on, durably.
    ///
    /// # Errors
    /// [`StoreError`]; what was remembered before still is.
    pub(crate) fn write(&self, value: &impl Serialize, over: &Version) -> Result<(), StoreError> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| unwritable(&self.0, "make the new content of", error))?;
        write::replace(&self.0, format!("{text}\n").as_bytes(), over.0.as_deref())
    }

    /// Remembers nothing any more.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`]
    pub(crate) fn clear(&self) -> Result<(), StoreError> {
        match std::fs::remove_file(&self.0) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(unwritable(&self.0, "remove", error)),
            _ => Ok(()),
        }
    }
}
