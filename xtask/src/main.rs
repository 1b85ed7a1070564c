//! lmsync's development tasks: `cargo xtask lint`, `cargo xtask test`, `cargo xtask ci`, `cargo xtask matrix`,
//! `cargo xtask plugin`, `cargo xtask torture`, `cargo xtask docker`, `cargo xtask dist`, `cargo xtask cross`,
//! `cargo xtask bench`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a task talks to the person at the terminal")]

mod archive;
mod bench;
mod cross;
mod dependencies;
mod dist;
mod docker;
mod documents;
mod imports;
mod layers;
mod lint;
mod matrix;
mod npm_package;
mod packages;
mod pictures;
mod process;
mod release;
mod sources;
mod suites;
mod supply;
mod tally;
mod targets;
mod test;
mod tools;
mod torture;
mod versions;
mod workspace;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <task>

  lint [NAME …]            formatting, clippy, documentation, layers, imports, source files, documents, what it is
                           made of
  test [--fast] [NAME …]   everything that is tested, or the named suites (`--list` shows them);
                           --fast leaves out the suites that fetch programs
  matrix [VERSION …]       all that is said of each OpenClaw, tried with each, or with the named ones
  plugin [VERSION …]       the npm package as a plugin of each OpenClaw, or of the named ones
  ci                       lint, then test
  torture [--quick] [PART …]
                           tries to break each promise of docs/GUARANTEES.md (`--list` shows the parts): in full, which
                           takes twenty minutes; --quick is what `test` does of it, in three minutes
  docker [--tag T …] [--push] [--platform P,…] [--in-docker]
                           the image; on Linux x86-64 the host's toolchain links the program, else, with
                           --in-docker, or for another platform it is compiled in a Rust image
  dist [--all] [--packages] [--twice]
                           what a release consists of, in target/dist, for this system or for all; --packages makes a
                           .deb and an .rpm, too, as --all does; --twice builds the programs again elsewhere, and fails
                           where those are others
  release --dry-run        walks through a release without publishing anything (RELEASING.md); for the workflow,
                           --check TAG compares tag, version and changelog, and --notes TAG prints the latter's section
  cross [--all] [TARGET …] the program for each system, or for the named ones: checked by clippy, linked, and run where
                           an emulator does; --all runs the tests in the emulator, and the images
  pictures [--states]      the pictures in docs/img again, of the real page and the real OpenClaw; or, in target/states,
                           the page in each state, in light, in dark and on a phone
  bench [--quick] [--json] [--write | --check]
                           what the program costs, beside its floor and what a user would pick instead; --write puts
                           it into docs/PERFORMANCE.md and bench/baseline.json, --check counts instructions and sizes
                           alone and fails where they are more than 15 % worse than the baseline

CI=true                    a suite whose tools are missing fails instead of being skipped
LMSYNC_TOOLS_DIR=DIR       where fetched programs are kept (default: target/tools)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["lint", rest @ ..] => lint::run(rest),
        ["test", rest @ ..] => test::run(rest),
        ["matrix", rest @ ..] => matrix::run(suites::MATRIX, rest),
        ["plugin", rest @ ..] => matrix::run(suites::PLUGIN, rest),
        ["ci"] => lint::run(&[]).and_then(|()| test::run(&[])),
        ["torture", rest @ ..] => torture::run(rest),
        ["docker", rest @ ..] => docker::run(rest),
        ["dist", rest @ ..] => dist::run(rest),
        ["cross", "--all"] => cross::run(&["--all"]).and_then(|()| test::run(&["images"])),
        ["cross", rest @ ..] => cross::run(rest),
        ["pictures"] => pictures::run(),
        ["pictures", "--states"] => pictures::run_states(),
        ["release", rest @ ..] => release::run(rest),
        ["bench", rest @ ..] => bench::run(rest),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(64);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}
