//! The bytes of a stream, bounded before they are unpacked: a few bytes can say that they are a thousand times as many.

use std::borrow::Cow;

use anyhow::{bail, ensure};
use hayro_syntax::Filter;
use hayro_syntax::object::Stream;

/// The most bytes of a stream.
const MAX_BYTES: usize = 256 << 20;

/// What to do about contents that cannot be unpacked.
const DAMAGED: &str = "a part of the page is damaged; export the page as PNG";

/// The unpacked bytes of a stream that is no photo.
pub fn decoded<'a>(stream: &Stream<'a>) -> anyhow::Result<Cow<'a, [u8]>> {
    check(stream)?;
    stream.decoded_data().map_err(|_| anyhow::anyhow!(DAMAGED))
}

/// Refuses a stream that would unpack to more than is kept in memory.
pub fn check(stream: &Stream<'_>) -> anyhow::Result<()> {
    let raw = stream.raw_data();
    let mut most = raw.len();
    for (at, filter) in stream.filters().iter().enumerate() {
        most = match filter {
            Filter::FlateDecode if at == 0 => inflated(&raw)?.len(),
            // The most that each can make of a byte.
            Filter::FlateDecode => most.saturating_mul(1_032),
            Filter::LzwDecode => most.saturating_mul(1_400),
            Filter::RunLengthDecode => most.saturating_mul(64),
            Filter::Ascii85Decode => most.saturating_mul(4),
            _ => most,
        };
        ensure!(most <= MAX_BYTES, "a part of the page unpacks to too many bytes");
    }
    Ok(())
}

/// The bytes of a stream before its last filter, which makes a photo of them.
pub fn before_photo<'a>(stream: &Stream<'a>) -> anyhow::Result<Cow<'a, [u8]>> {
    let raw = stream.raw_data();
    match stream.filters().as_slice() {
        [_] => Ok(raw),
        [Filter::FlateDecode, _] => inflated(&raw).map(Cow::Owned),
        _ => bail!("a photo is packed in a way that is not read; export the page as PNG"),
    }
}

/// What a zlib stream holds. Room is made step by step, so that small streams take little.
fn inflated(raw: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut inflater = libdeflater::Decompressor::new();
    let mut room = (8 * raw.len()).clamp(1 << 16, MAX_BYTES);
    loop {
        let mut bytes = vec![0; room];
        match inflater.zlib_decompress(raw, &mut bytes) {
            Ok(length) => {
                bytes.truncate(length);
                return Ok(bytes);
            }
            Err(libdeflater::DecompressionError::InsufficientSpace) if room < MAX_BYTES => {
                room = room.saturating_mul(8).min(MAX_BYTES);
            }
            Err(libdeflater::DecompressionError::InsufficientSpace) => {
                bail!("a part of the page unpacks to too many bytes")
            }
            Err(libdeflater::DecompressionError::BadData) => bail!(DAMAGED),
        }
    }
}
