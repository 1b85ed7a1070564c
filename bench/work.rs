//! The product's functions, run alone: timed beside their floor, or so often that instructions can be counted.
//!
//! - `work time MODELS ROUNDS` prints medians in nanoseconds as JSON: `pass`, and `floor`, serde_json reading and
//!   writing the same bytes; taken in turns.
//! - `work repeat FUNCTION MODELS ROUNDS` prepares, then runs one function so often; with 0 rounds it only prepares.
//! - `work look WITNESS ADDRESS TOKEN ROUNDS` prints what one question for inference takes: wall time, processor time.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measured program, which prints what it found")]

mod cases;
mod looks;

use std::hint::black_box;
use std::time::Instant;

use cases::Case;
use serde_json::json;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["time", models, rounds] => time(models.parse().unwrap(), rounds.parse().unwrap()),
        ["repeat", function, models, rounds] => {
            repeat(function, models.parse().unwrap(), rounds.parse().unwrap());
        }
        ["look", source, address, token, rounds] => {
            looks::measure_source(source, address, token, rounds.parse().unwrap());
        }
        _ => panic!("see the head of bench/work.rs"),
    }
}

fn time(models: usize, rounds: usize) {
    let case = Case::new(models);
    let (mut pass, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let began = Instant::now();
        black_box(case.pass());
        pass.push(began.elapsed().as_nanos());
        let began = Instant::now();
        black_box(case.floor());
        floor.push(began.elapsed().as_nanos());
    }
    let found = json!({
        "pass_ns": median(pass) as u64,
        "floor_ns": median(floor) as u64,
        "body_bytes": case.body.len(),
        "file_bytes": case.after.len(),
    });
    println!("{found}");
}

fn median(mut values: Vec<u128>) -> u128 {
    values.sort_unstable();
    values[values.len() / 2]
}

/// Runs one function so often. What it needs is prepared in any case, so that the difference between two counts is
/// the function alone.
fn repeat(function: &str, models: usize, rounds: usize) {
    let case = Case::new(models);
    let planner = case.planner();
    let plan = planner();
    let mut settled = case.settled();
    for _ in 0..rounds {
        match function {
            "parse" => drop(black_box(case.parse())),
            "view" => drop(black_box(case.view())),
            "plan" => drop(black_box(planner())),
            "edit" => drop(black_box(case.edit(&plan))),
            "pass" => drop(black_box(case.pass())),
            "unchanged" => settled.make(),
            "floor" => drop(black_box(case.floor())),
            _ => panic!("no function is called {function}"),
        }
    }
}
