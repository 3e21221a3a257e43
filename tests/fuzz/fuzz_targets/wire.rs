//! What phones send, and what they are told: any bytes are read or refused, and what is read is written the same.
#![no_main]
use teranga_core::wire::{batch, fact::Fact, packet::SealedPacket, ticket::Ticket};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(fact) = Fact::from_bytes(data) {
        assert_eq!(fact.to_bytes(), data);
    }
    if let Ok(packet) = SealedPacket::from_bytes(data) {
        assert_eq!(packet.to_bytes(), data);
    }
    let _ = batch::read(data);
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = Ticket::parse(text);
    }
});
