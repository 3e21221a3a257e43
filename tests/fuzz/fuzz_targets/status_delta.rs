//! A delta: any bytes; what parses is written back byte for byte.
#![no_main]
use teranga_core::registry::{delta::Delta, filter::Key};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(delta) = Delta::from_bytes(data) {
        delta.cards.contain(Key::from_bytes([7; 16]));
        assert_eq!(delta.to_bytes(), data);
    }
});
