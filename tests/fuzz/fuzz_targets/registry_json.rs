//! A portal's file: any bytes are read or refused.
#![no_main]
use teranga_core::card::{signing::PublicKey, trust::TrustList};
use teranga_core::clock::date_of_day;
use teranga_core::registry::portal::Portal;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let day = date_of_day(20_512).unwrap();
    let trust = TrustList::new(1, day, "Fuzz", PublicKey([1; 32]));
    assert!(Portal::open(&trust, data).is_err());
});
