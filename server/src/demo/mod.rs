//! The main job, end to end, on two thousand invented people: what a newcomer runs first.
//!
//! Each step is a command that anyone can repeat; the demo runs it and prints it. Everything lands in one folder, which
//! is made anew each time.

mod cards;
pub mod command;
mod steps;
mod story;
