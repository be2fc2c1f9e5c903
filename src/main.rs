//! kmipspec.
fn main() {}
