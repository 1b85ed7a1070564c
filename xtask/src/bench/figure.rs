//! One measured figure: its value, what it is compared with, and whether the aim is met.

use std::time::Duration;

use serde_json::{Value, json};

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Wall or processor time, in seconds. It belongs to one machine at one moment, so no baseline keeps it.
    Seconds,
    /// How many times something else.
    Times,
    /// User-space instructions, as callgrind counts them.
    Instructions,
    /// The size of a file.
    Bytes,
    /// Memory that a process holds; it depends on the kernel's page cache as well, so no baseline keeps it.
    Memory,
    /// Anything else.
    Count,
}

/// A figure.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figure {
    /// Its name in the JSON and in the baseline.
    pub(super) key: String,
    /// What it is, for a person.
    pub(super) what: String,
    pub(super) value: f64,
    pub(super) unit: Unit,
    /// What it is compared with.
    pub(super) beside: String,
    /// What it should be at most.
    pub(super) aim: Option<f64>,
}

impl Figure {
    pub(super) fn new(key: impl Into<String>, what: impl Into<String>, value: f64, unit: Unit) -> Self {
        Self { key: key.into(), what: what.into(), value, unit, beside: String::new(), aim: None }
    }

    pub(super) fn time(key: &str, what: impl Into<String>, value: Duration) -> Self {
        Self::new(key, what, value.as_secs_f64(), Unit::Seconds)
    }

    pub(super) fn beside(self, beside: impl Into<String>) -> Self {
        Self { beside: beside.into(), ..self }
    }

    pub(super) fn at_most(self, aim: f64) -> Self {
        Self { aim: Some(aim), ..self }
    }

    /// Whether the aim is met, where there is one.
    pub(super) fn met(&self) -> Option<bool> {
        self.aim.map(|aim| self.value <= aim)
    }

    pub(super) fn shown(&self) -> String {
        show(self.value, self.unit)
    }

    /// A row of the table.
    pub(super) fn row(&self) -> String {
        let aim = self.aim.map(|aim| format!("≤ {}", show(aim, self.unit))).unwrap_or_default();
        let met = match self.met() {
            None => "",
            Some(true) => "met",
            Some(false) => "**missed**",
        };
        format!("| {} | {} | {} | {aim} | {met} |", self.what, self.shown(), self.beside)
    }

    pub(super) fn to_json(&self) -> Value {
        let unit = match self.unit {
            Unit::Seconds => "s",
            Unit::Times => "times",
            Unit::Instructions => "instructions",
            Unit::Bytes | Unit::Memory => "bytes",
            Unit::Count => "",
        };
        json!({ "what": self.what, "value": self.value, "unit": unit, "beside": self.beside, "aim": self.aim })
    }
}

/// A value as a person reads it.
pub(super) fn show(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Seconds if value >= 1.0 => format!("{} s", rounded(value)),
        Unit::Seconds if value >= 1e-3 => format!("{} ms", rounded(value * 1e3)),
        Unit::Seconds => format!("{} µs", rounded(value * 1e6)),
        Unit::Times if value < 0.1 && value > 0.0 => format!("1/{:.0}", 1.0 / value),
        Unit::Times => format!("{value:.2}×"),
        Unit::Instructions if value >= 1e6 => format!("{:.2} M", value / 1e6),
        Unit::Instructions => format!("{:.1} k", value / 1e3),
        Unit::Bytes => format!("{:.2} MB", value / 1e6),
        Unit::Memory => format!("{:.2} MiB", value / f64::from(1 << 20)),
        Unit::Count => rounded(value),
    }
}

/// Three digits are as many as a measurement is worth.
fn rounded(value: f64) -> String {
    match value {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// The middle value.
pub(super) fn median<T: PartialOrd + Copy>(values: &mut [T]) -> T {
    values.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_a_person_reads_them() {
        let shown = [
            (0.000_25, Unit::Seconds, "250 µs"),
            (0.002_5, Unit::Seconds, "2.50 ms"),
            (83.0, Unit::Seconds, "83.0 s"),
            (1.0 / 300.0, Unit::Times, "1/300"),
            (1.5, Unit::Times, "1.50×"),
            (5_035_256.0, Unit::Bytes, "5.04 MB"),
            (1_234_567.0, Unit::Instructions, "1.23 M"),
        ];
        for (value, unit, text) in shown {
            assert_eq!(show(value, unit), text);
        }
    }

    #[test]
    fn an_aim_is_met_up_to_its_value() {
        let figure = |value| Figure::new("k", "w", value, Unit::Times).at_most(2.0);
        assert_eq!((figure(2.0).met(), figure(2.1).met()), (Some(true), Some(false)));
        assert!(figure(2.1).row().contains("missed"));
        assert_eq!(Figure::new("k", "w", 1.0, Unit::Times).met(), None);
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median(&mut [9.0, 1.0, 5.0]), 5.0);
    }
}
