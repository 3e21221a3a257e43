//! `cargo xtask test`, `cargo xtask bench NAME`.
fn main() {}
