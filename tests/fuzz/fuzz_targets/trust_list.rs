//! A trust list: any bytes; what parses is written back byte for byte.
#![no_main]
use teranga_core::card::{signing::PublicKey, trust::TrustList};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = TrustList::open(data, &PublicKey([1; 32]));
    if let Ok(list) = TrustList::from_bytes(data) {
        assert_eq!(list.to_bytes(), data);
    }
});
