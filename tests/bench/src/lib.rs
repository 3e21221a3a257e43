//! What the benchmarks are made of, for other tests to use as well: invented registers and camera frames, figures and
//! how they are printed, processor time.

#![expect(clippy::print_stderr, reason = "a long bench shows what it has found so far")]

pub mod figures;
pub mod frames;
pub mod register;
pub mod stopwatch;
