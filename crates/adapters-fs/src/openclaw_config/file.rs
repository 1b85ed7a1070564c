//! `openclaw.json` at its place, read with all that it includes.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::config::OpenClawConfig;
use super::error::OpenClawConfigError;
use super::include::Includes;
use super::json5;
use super::variables::{self, Environment, Variables};
use crate::stamp::Stamp;
use crate::work::{Lane, Work};

/// `openclaw.json` at its place, and the environment whose variables it may name. Nothing is kept of it.
#[derive(Debug, Clone)]
pub struct OpenClawFile {
    pub(super) path: PathBuf,
    environment: Environment,
}

impl OpenClawFile {
    /// Knows the file. Nothing is read yet.
    #[must_use]
    pub fn new(path: PathBuf, environment: Environment) -> Self {
        Self { path, environment }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file and all that it includes; a missing one says nothing.
    ///
    /// # Errors
    /// [`OpenClawConfigError`], where OpenClaw cannot read it either.
    pub async fn read(&self, work: Work) -> Result<OpenClawConfig, OpenClawConfigError> {
        let file = self.clone();
        let hangs = |error| OpenClawConfigError::Unreadable { path: self.path.clone(), error };
        Lane::new(work).run(move || file.read_here()).await.map_err(hangs)?
    }

    /// Reads it as [`OpenClawFile::read`] does, in this thread.
    ///
    /// # Errors
    /// As there.
    pub fn read_here(&self) -> Result<OpenClawConfig, OpenClawConfigError> {
        let path = &self.path;
        let value = match json5::read(path) {
            Err(OpenClawConfigError::Unreadable { error, .. }) if error.kind() == ErrorKind::NotFound => {
                return Ok(OpenClawConfig::default());
            }
            value => value?,
        };
        let mut variables = Variables::read(path, self.environment);
        let mut roots: Vec<PathBuf> = path.parent().map(Path::to_owned).into_iter().collect();
        roots.extend(variables.folders("OPENCLAW_INCLUDE_ROOTS"));
        let mut includes = Includes { roots, ..Includes::default() };
        let mut root = includes.resolve(value, path)?;
        variables.add_configured(&root);
        let mut references = Vec::new();
        variables::replace(&mut root, &variables, "", &mut references);
        let Includes { files, problems: refused, .. } = includes;
        Ok(OpenClawConfig { root, files, references, refused, home: variables.home() })
    }

    /// Reads it in this thread, and stamps all files that it is made of, `openclaw.json` first. Where it cannot be
    /// read, those that lead to the one at fault are enough to notice that it is mended.
    pub fn read_stamped(&self) -> (Result<OpenClawConfig, OpenClawConfigError>, Vec<(PathBuf, Stamp)>) {
        let own = (self.path.clone(), Stamp::read(&self.path));
        let read = self.read_here();
        let others = match &read {
            Ok(config) => config.included(),
            Err(error) => error.files(),
        };
        let others = others.iter().map(|path| (path.clone(), Stamp::read(path)));
        let stamps = std::iter::once(own).chain(others).collect();
        (read, stamps)
    }
}
