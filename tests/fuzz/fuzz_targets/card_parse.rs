//! A card's payload: any bytes; what parses is verified too.
#![no_main]
use teranga_core::card::{payload::SignedCard, signing::PublicKey};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(card) = SignedCard::parse(data) {
        let _ = card.verify(&PublicKey([1; 32]));
    }
});
