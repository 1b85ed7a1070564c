//! `bench/baseline.json`: what was measured before, and what has got worse since.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::figure::{Figure, Unit, show};

/// Where it is kept.
const FILE: &str = "bench/baseline.json";

/// How much worse a figure may get before it is reported.
const TOLD: f64 = 1.15;

/// With another compiler than the baseline's, counts and sizes differ by a few percent for no fault of the code, so
/// they have to be this much worse to be a failure.
const OTHER_COMPILER: f64 = 1.30;

/// What was measured before, by key; only what another machine would measure as well.
#[derive(Debug, Default)]
pub(super) struct Baseline {
    compiler: String,
    values: BTreeMap<String, f64>,
}

/// A figure that has got worse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Worse {
    pub(super) sentence: String,
    /// Whether it is one that does not depend on what else the machine does.
    pub(super) fails: bool,
}

impl Baseline {
    /// Reads it; an empty one where there is none yet.
    pub(super) fn read(root: &Path) -> Result<Self, String> {
        let text = match fs::read(path(root)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            text => text.map_err(|error| format!("cannot read {FILE}: {error}"))?,
        };
        let file: Value = serde_json::from_slice(&text).map_err(|error| format!("{FILE}: {error}"))?;
        let values = file["figures"].as_object().into_iter().flatten();
        Ok(Self {
            compiler: file["rustc"].as_str().unwrap_or_default().to_owned(),
            values: values.filter_map(|(key, value)| Some((key.clone(), value.as_f64()?))).collect(),
        })
    }

    /// What has got worse than it was.
    pub(super) fn compare(&self, figures: &[Figure], compiler: &str) -> Vec<Worse> {
        let limit = if compiler == self.compiler { TOLD } else { OTHER_COMPILER };
        let worse = |figure: &Figure| {
            let before = *self.values.get(&figure.key)?;
            let ratio = figure.value / before;
            let fails = matches!(figure.unit, Unit::Instructions | Unit::Bytes) && ratio > limit;
            let sentence = format!(
                "{}: {} was {} ({:+.0} %)",
                figure.what,
                figure.shown(),
                show(before, figure.unit),
                (ratio - 1.0) * 100.0
            );
            (is_kept(figure) && ratio > TOLD).then_some(Worse { sentence, fails })
        };
        figures.iter().filter_map(worse).collect()
    }

    /// Keeps what was measured, and what was measured earlier of what was not measured now.
    pub(super) fn update(mut self, figures: &[Figure], compiler: &str, root: &Path) -> Result<(), String> {
        self.values
            .extend(figures.iter().filter(|figure| is_kept(figure)).map(|figure| (figure.key.clone(), figure.value)));
        let round = |(key, value): (String, f64)| {
            let value = if value < 1_000.0 { json!((value * 1e4).round() / 1e4) } else { json!(value.round() as u64) };
            (key, value)
        };
        let figures: Map<String, Value> = self.values.into_iter().map(round).collect();
        let text = format!("{:#}\n", json!({ "rustc": compiler, "figures": figures }));
        fs::write(path(root), text).map_err(|error| format!("cannot write {FILE}: {error}"))
    }
}

/// Whether another machine would measure the same.
fn is_kept(figure: &Figure) -> bool {
    matches!(figure.unit, Unit::Times | Unit::Instructions | Unit::Bytes)
}

fn path(root: &Path) -> PathBuf {
    root.join(FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(figure: Figure, before: f64, compiler: &str) -> Vec<bool> {
        let values = [(figure.key.clone(), before)].into();
        let baseline = Baseline { compiler: "rustc 1".into(), values };
        baseline.compare(&[figure], compiler).into_iter().map(|worse| worse.fails).collect()
    }

    const NONE: [bool; 0] = [];

    #[test]
    fn instructions_and_sizes_fail_and_ratios_are_told() {
        let figure = |unit| Figure::new("k", "w", 120.0, unit);
        assert_eq!(compare(figure(Unit::Instructions), 100.0, "rustc 1"), [true]);
        assert_eq!(compare(figure(Unit::Bytes), 100.0, "rustc 1"), [true]);
        assert_eq!(compare(figure(Unit::Times), 100.0, "rustc 1"), [false]);
        assert_eq!(compare(figure(Unit::Seconds), 100.0, "rustc 1"), NONE, "another moment's time says nothing");
    }

    #[test]
    fn what_is_not_much_worse_is_not_told() {
        assert_eq!(compare(Figure::new("k", "w", 114.0, Unit::Instructions), 100.0, "rustc 1"), NONE);
        assert_eq!(compare(Figure::new("k", "w", 50.0, Unit::Instructions), 100.0, "rustc 1"), NONE);
    }

    #[test]
    fn another_compiler_has_to_be_much_worse_to_fail() {
        let figure = |value| Figure::new("k", "w", value, Unit::Instructions);
        assert_eq!(compare(figure(120.0), 100.0, "rustc 2"), [false]);
        assert_eq!(compare(figure(140.0), 100.0, "rustc 2"), [true]);
    }

    #[test]
    fn what_is_measured_now_replaces_what_was_and_the_rest_stays() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("bench")).unwrap();
        let figure = |key: &str, value| Figure::new(key, "w", value, Unit::Instructions);
        let write = |figures: &[Figure]| {
            Baseline::read(root.path()).unwrap().update(figures, "rustc 1", root.path()).unwrap();
        };
        write(&[figure("a", 1.0), figure("b", 2.0)]);
        write(&[figure("a", 3.0), Figure::new("t", "w", 1.0, Unit::Seconds)]);
        let read = Baseline::read(root.path()).unwrap();
        assert_eq!(read.values, [("a".to_owned(), 3.0), ("b".to_owned(), 2.0)].into());
    }
}
