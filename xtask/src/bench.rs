//! `cargo xtask bench`: what lmsync costs, beside what a user would pick instead, in one run.

mod baseline;
mod build;
mod compile;
mod counts;
mod daemon;
mod figure;
mod gateway;
mod neighbours;
mod oneshot;
mod page;
mod scale;
mod simulator;
mod studio;
mod world;

use std::cell::RefCell;
use std::process::Command;

use serde_json::{Value, json};

use crate::workspace::Workspace;

use baseline::Baseline;
use build::Programs;
pub(crate) use compile::note_tests;
use figure::{Figure, Unit};

/// Everything that a measurement needs.
struct Bench {
    workspace: Workspace,
    programs: Programs,
    /// Fewer rounds and shorter lists.
    quick: bool,
    notes: RefCell<Vec<String>>,
}

/// What the command line asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Options {
    quick: bool,
    json: bool,
    check: bool,
    write: bool,
}

impl Options {
    fn parse(arguments: &[&str]) -> Result<Self, String> {
        let mut options = Self::default();
        for argument in arguments {
            match *argument {
                "--quick" => options.quick = true,
                "--json" => options.json = true,
                "--check" => options.check = true,
                "--write" => options.write = true,
                _ => return Err(format!("bench does not know {argument}; see `cargo xtask help`")),
            }
        }
        Ok(options)
    }
}

/// Measures, and prints, compares or writes what was found.
pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    let options = Options::parse(arguments)?;
    let bench = Bench::prepare(options.quick || options.check)?;
    let mut figures = bench.sizes()?;
    figures.extend(counts::measure(&bench)?);
    if !options.check {
        let (oneshot, took) = oneshot::measure(&bench)?;
        figures.extend(oneshot);
        figures.extend(scale::measure(&bench)?);
        figures.extend(neighbours::measure(&bench, took)?);
        if !bench.quick {
            figures.extend(compile::measure(&bench.workspace)?);
        }
    }
    let (root, compiler) = (bench.workspace.root(), page::compiler());
    if options.json {
        println!("{:#}", bench.as_json(&figures));
    } else {
        println!("{}\n\n{}", page::machine(), page::table(&figures));
        bench.notes.borrow().iter().for_each(|note| println!("note: {note}"));
    }
    if options.write {
        if !options.check {
            page::write(root, &format!("Measured on {}.\n\n{}", page::machine(), page::table(&figures)))?;
        }
        return Baseline::read(root)?.update(&figures, &compiler, root);
    }
    if options.check { bench.check(&figures, &compiler) } else { Ok(()) }
}

impl Bench {
    fn prepare(quick: bool) -> Result<Self, String> {
        let workspace = Workspace::load()?;
        let programs = Programs::build(&workspace)?;
        Ok(Self { workspace, programs, quick, notes: RefCell::default() })
    }

    /// The size of what is shipped.
    fn sizes(&self) -> Result<Vec<Figure>, String> {
        let metadata = std::fs::metadata(&self.programs.lmsync).map_err(|error| error.to_string())?;
        let how = if self.programs.is_static { "statically linked" } else { "dynamically linked" };
        let figure = Figure::new("size.binary", format!("the program, {how}"), metadata.len() as f64, Unit::Bytes);
        Ok(vec![figure.beside("the image holds it and nothing else").at_most(6e6)])
    }

    /// Runs `bench/work.rs`, which answers in JSON.
    fn work(&self, arguments: &[&str]) -> Result<Value, String> {
        let output = Command::new(&self.programs.work).args(arguments).output();
        let output = output.map_err(|error| format!("cannot run {}: {error}", self.programs.work.display()))?;
        if !output.status.success() {
            return Err(format!("work {arguments:?} failed: {}", String::from_utf8_lossy(&output.stderr)));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| format!("work {arguments:?}: {error}"))
    }

    /// Something that was not measured, and why.
    fn note(&self, note: &str) {
        self.notes.borrow_mut().push(note.to_owned());
    }

    fn as_json(&self, figures: &[Figure]) -> Value {
        let figures: serde_json::Map<String, Value> =
            figures.iter().map(|figure| (figure.key.clone(), figure.to_json())).collect();
        json!({ "machine": page::machine(), "figures": figures, "notes": *self.notes.borrow() })
    }

    /// Tells what has got worse than the baseline.
    fn check(&self, figures: &[Figure], compiler: &str) -> Result<(), String> {
        let worse = Baseline::read(self.workspace.root())?.compare(figures, compiler);
        for worse in &worse {
            println!("{}: {}", if worse.fails { "WORSE" } else { "worse" }, worse.sentence);
        }
        if worse.iter().any(|worse| worse.fails) {
            let what_to_do = "where that is meant, `cargo xtask bench --check --write` keeps them";
            return Err(format!("instructions or sizes have grown; {what_to_do}"));
        }
        println!("bench: nothing that is counted has got worse than bench/baseline.json by more than 15 %");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_others_refused() {
        let options = Options::parse(&["--quick", "--json"]).unwrap();
        assert_eq!(options, Options { quick: true, json: true, ..Options::default() });
        assert!(Options::parse(&["--frob"]).unwrap_err().contains("--frob"));
    }
}
