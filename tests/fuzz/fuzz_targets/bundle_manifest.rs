//! A bundle's manifest: any bytes; what parses is written back byte for byte.
#![no_main]
use teranga_core::registry::bundle::manifest::Manifest;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = Manifest::claimed(data);
    if let Ok(manifest) = Manifest::from_bytes(data) {
        assert_eq!(manifest.to_bytes(), data);
    }
});
