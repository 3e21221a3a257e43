//! A status list: any bytes; what parses is written back byte for byte and answers without a panic.
#![no_main]
use teranga_core::{card::key::Kid, registry::filter::Key, registry::list::StatusList};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(list) = StatusList::from_bytes(data) {
        list.filter.revoked(Kid([1, 2, 3, 4]), Key::from_bytes([7; 16]));
        assert_eq!(list.to_bytes(), data);
    }
});
