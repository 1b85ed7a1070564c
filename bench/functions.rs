//! `cargo bench`: the functions below a pass, by the clock. Counted in instructions they are `cargo xtask bench`.

#[path = "cases.rs"]
mod cases;

use cases::Case;
use divan::{Bencher, counter::BytesCount};

/// From a person's LM Studio to a list that nobody has.
const MODELS: [usize; 3] = [5, 100, 10_000];

fn main() {
    divan::main();
}

#[divan::bench(args = MODELS)]
fn parse(bencher: Bencher<'_, '_>, models: usize) {
    let case = Case::new(models);
    bencher.counter(BytesCount::new(case.body.len())).bench_local(|| case.parse());
}

#[divan::bench(args = MODELS)]
fn view(bencher: Bencher<'_, '_>, models: usize) {
    let case = Case::new(models);
    bencher.counter(BytesCount::new(case.before.len())).bench_local(|| case.view());
}

#[divan::bench(args = MODELS)]
fn plan(bencher: Bencher<'_, '_>, models: usize) {
    let case = Case::new(models);
    let planner = case.planner();
    bencher.bench_local(planner);
}

#[divan::bench(args = MODELS)]
fn edit(bencher: Bencher<'_, '_>, models: usize) {
    let case = Case::new(models);
    let plan = case.planner()();
    bencher.counter(BytesCount::new(case.before.len())).bench_local(|| case.edit(&plan));
}

#[divan::bench(args = MODELS)]
fn unchanged_pass(bencher: Bencher<'_, '_>, models: usize) {
    let case = Case::new(models);
    let mut settled = case.settled();
    bencher.bench_local(|| settled.make());
}

#[divan::bench(args = MODELS)]
fn changed_pass(bencher: Bencher<'_, '_>, models: usize) {
    let case = Case::new(models);
    bencher.bench_local(|| case.pass());
}

#[divan::bench(args = MODELS)]
fn floor(bencher: Bencher<'_, '_>, models: usize) {
    let case = Case::new(models);
    bencher.bench_local(|| case.floor());
}
