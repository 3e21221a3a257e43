#![no_main]
//! Any text that someone types as a name.
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = teranga_core::names::normalize(text);
});
