//! `cargo xtask bench NAME --json`: figures beside the libraries a user would pick instead.
//!
//! Each bench is a file of its own and returns its figures; this file only prints them.
fn main() {}
