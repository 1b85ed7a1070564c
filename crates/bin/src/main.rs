//! lmsync
fn main() {}
