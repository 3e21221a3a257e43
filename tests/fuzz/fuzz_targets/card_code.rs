//! A typed card code or MPI id: any text; what parses is written and parses again.
#![no_main]
use teranga_core::card::code::CardCode;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(code) = CardCode::parse(text) {
        assert_eq!(CardCode::parse(&code.to_string()), Ok(code));
    }
    let _ = teranga_core::verify::read_typed(text);
});
