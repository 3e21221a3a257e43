//! What is inside the sealed parts, and a sealed part that nobody sealed.
#![no_main]
use teranga_core::registry::bundle::manifest::{Kind, Part};
use teranga_core::registry::bundle::{numbers::Numbers, part, people, pool::Pool};
use teranga_core::sensitive::Secret;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let sealed = Part { kind: Kind::People, version: 1, size: data.len() as u64, hash: [0; 32], opened_size: 9 };
    assert!(part::open_whole(data, &sealed, &Secret::take(&mut [1; 32]), 9).is_err());
    let _ = (Numbers::from_bytes(data), Pool::from_bytes(data));
    if let Ok((_, mut people)) = people::read(data) {
        while let Some(Ok(_)) = people.next() {}
    }
});
