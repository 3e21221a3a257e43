//! The text of a QR code: any text.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = teranga_core::card::text::parse(text);
});
