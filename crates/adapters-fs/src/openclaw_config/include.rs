//! `$include`: one or several files whose contents take the place of an object, by the rules of OpenClaw's
//! `config/includes.ts`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::error::{ConfigProblem, DEEPEST, IncludeProblem, LateRefusal, OpenClawConfigError};
use super::json5;
use super::variables::normalize;
use crate::platform::link_count;

/// The key that includes.
pub(super) const KEY: &str = "$include";

/// The largest file that later versions include.
const LATE_MOST_BYTES: u64 = 2 * 1024 * 1024;

/// The length of a path that later versions refuse.
const LATE_TOO_LONG: usize = 4096;

/// Reads a configuration and all that it includes.
#[derive(Default)]
pub(super) struct Includes {
    /// The folders in which later versions look for included files: that of `openclaw.json`, and those that
    /// `OPENCLAW_INCLUDE_ROOTS` names.
    pub(super) roots: Vec<PathBuf>,
    /// Every file that is included, each once.
    pub(super) files: Vec<PathBuf>,
    /// What later versions refuse.
    pub(super) problems: Vec<ConfigProblem>,
    /// The files that are being resolved: the outermost first, and each by the one before it.
    pub(super) open: Vec<PathBuf>,
}

impl Includes {
    /// Puts the included files in the place of each `$include` of that file's value.
    pub(super) fn resolve(&mut self, value: Value, file: &Path) -> Result<Value, OpenClawConfigError> {
        self.open.push(file.to_owned());
        let resolved = self.process(value);
        self.open.pop();
        resolved
    }

    fn process(&mut self, value: Value) -> Result<Value, OpenClawConfigError> {
        match value {
            Value::Array(items) => {
                let items = items.into_iter().map(|item| self.process(item));
                items.collect::<Result<_, _>>().map(Value::Array)
            }
            Value::Object(mut object) => match object.remove(KEY) {
                None => self.process_each(object),
                Some(include) => self.include(&include, object),
            },
            other => Ok(other),
        }
    }

    fn process_each(&mut self, object: Map<String, Value>) -> Result<Value, OpenClawConfigError> {
        let members = object.into_iter().map(|(key, value)| Ok((key, self.process(value)?)));
        members.collect::<Result<_, _>>().map(Value::Object)
    }

    /// The keys that stand beside it are laid over what is included.
    fn include(&mut self, include: &Value, beside: Map<String, Value>) -> Result<Value, OpenClawConfigError> {
        let mut included = match include {
            Value::String(path) => self.load(path)?,
            Value::Array(paths) => {
                let mut merged = Value::Object(Map::new());
                for path in paths {
                    let path = path.as_str().ok_or_else(|| self.refuse("", IncludeProblem::NoPath))?;
                    merge(&mut merged, self.load(path)?);
                }
                merged
            }
            _ => return Err(self.refuse("", IncludeProblem::NoPath)),
        };
        if beside.is_empty() {
            return Ok(included);
        }
        if !included.is_object() {
            return Err(self.refuse(include.as_str().unwrap_or_default(), IncludeProblem::NoObject));
        }
        merge(&mut included, self.process_each(beside)?);
        Ok(included)
    }

    fn load(&mut self, include: &str) -> Result<Value, OpenClawConfigError> {
        let path = normalize(&self.file().parent().unwrap_or(Path::new("/")).join(include));
        if self.open.contains(&path) {
            return Err(self.refuse(include, IncludeProblem::Circular));
        }
        if self.open.len() > DEEPEST {
            return Err(self.refuse(include, IncludeProblem::TooDeep));
        }
        if !self.files.contains(&path) {
            self.files.push(path.clone());
        }
        let value = json5::read(&path).map_err(|error| self.refuse(include, IncludeProblem::File(error)))?;
        if let Some(why) = self.late_refusal(include, &path) {
            let (path, include) = (self.file().to_owned(), include.to_owned());
            self.problems.push(ConfigProblem::LateRefuses { path, include, why });
        }
        self.resolve(value, &path)
    }

    /// The file whose value is resolved.
    fn file(&self) -> &Path {
        self.open.last().map_or(Path::new(""), PathBuf::as_path)
    }

    /// Why a later version does not follow it, where one does not.
    fn late_refusal(&self, include: &str, path: &Path) -> Option<LateRefusal> {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let real_root = |root: &PathBuf| fs::canonicalize(root).unwrap_or_else(|_| root.clone());
        let inside = self.roots.iter().any(|root| path.starts_with(root))
            && self.roots.iter().any(|root| real.starts_with(real_root(root)));
        if include.chars().count().max(path.to_string_lossy().chars().count()) >= LATE_TOO_LONG {
            Some(LateRefusal::TooLong)
        } else if !inside {
            Some(LateRefusal::Outside)
        } else {
            let metadata = fs::metadata(path).ok()?;
            let is_linked = || link_count(path, &metadata).is_ok_and(|links| links > 1);
            match metadata.len() > LATE_MOST_BYTES {
                true => Some(LateRefusal::TooLarge),
                false => is_linked().then_some(LateRefusal::HardLink),
            }
        }
    }

    fn refuse(&self, include: &str, problem: IncludeProblem) -> OpenClawConfigError {
        OpenClawConfigError::Include {
            path: self.file().to_owned(),
            include: include.to_owned(),
            files: self.files.clone(),
            problem: Box::new(problem),
        }
    }
}

/// Lays one value over another: objects key by key, arrays behind each other, anything else in its place.
fn merge(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Array(under), Value::Array(over)) => under.extend(over),
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                match under.get_mut(&key) {
                    Some(under) => merge(under, value),
                    None => drop(under.insert(key, value)),
                }
            }
        }
        (under, over) => *under = over,
    }
}
