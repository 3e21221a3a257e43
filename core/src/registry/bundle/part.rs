//! Making a part and reading it back, in constant memory whatever its size.

use std::io::{self, BufReader, Read, Write};

use sha2::{Digest, Sha256};
use zstd::stream::read::Decoder;

use super::CannotOpen;
use super::keys::PartKey;
use super::manifest::{Kind, Part};
use super::seal::{Cipher, Opener, Sealer};

/// zstd's default level: the higher ones win little on names and nothing on hashes.
const LEVEL: i32 = 3;

/// The largest window that a reader grants, 8 MiB, which bounds its memory.
const WINDOW_LOG: u32 = 23;

/// Stores a part that is signed and not secret, as it is.
pub fn store(kind: Kind, version: u64, contents: &[u8]) -> Part {
    let (size, hash) = (contents.len() as u64, Sha256::digest(contents).into());
    Part {
        kind,
        version,
        size,
        hash,
        opened_size: size,
    }
}

/// Compresses and encrypts what is read; gives the part that the manifest is to name.
pub fn seal(
    mut contents: impl Read,
    output: impl Write,
    cipher: Cipher,
    key: &PartKey,
    (kind, version): (Kind, u64),
) -> io::Result<Part> {
    let hashed = Hashed {
        output,
        sha: Sha256::new(),
        size: 0,
    };
    let sealer = Sealer::new(hashed, cipher, key, kind, version)?;
    let mut encoder = zstd::stream::write::Encoder::new(sealer, LEVEL)?;
    let opened_size = io::copy(&mut contents, &mut encoder)?;
    let Hashed {
        mut output,
        sha,
        size,
    } = encoder.finish()?.finish()?;
    output.flush()?;
    Ok(Part {
        kind,
        version,
        size,
        hash: sha.finalize().into(),
        opened_size,
    })
}

/// Decrypts and decompresses a part as it is read. Never gives more than the manifest declares; a part that holds less,
/// holds more, or does not open gives an error whose source is [`CannotOpen`].
pub fn open<R: Read>(input: R, part: &Part, key: &PartKey) -> io::Result<PartReader<R>> {
    let opener = Opener::new(input, key, part.kind, part.version)?;
    let mut decoder = Decoder::new(opener)?;
    decoder.window_log_max(WINDOW_LOG)?;
    Ok(Exactly {
        input: decoder,
        left: part.opened_size,
    })
}

/// A whole part in memory, if it is no longer than `most` bytes.
pub fn open_whole(input: impl Read, part: &Part, key: &PartKey, most: u64) -> Result<Vec<u8>, CannotOpen> {
    if part.opened_size > most {
        return Err(CannotOpen);
    }
    let mut contents = Vec::new();
    let mut reader = open(input, part, key).map_err(|_| CannotOpen)?;
    reader.read_to_end(&mut contents).map_err(|_| CannotOpen)?;
    Ok(contents)
}

struct Hashed<W> {
    output: W,
    sha: Sha256,
    size: u64,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.output.write(bytes)?;
        self.sha.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// The contents of a sealed part, as they are read.
pub type PartReader<R> = Exactly<Decoder<'static, BufReader<Opener<R>>>>;

/// Gives exactly so many bytes, or an error.
pub struct Exactly<R> {
    input: R,
    left: u64,
}

impl<R: Read> Read for Exactly<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let wrong = || io::Error::new(io::ErrorKind::InvalidData, CannotOpen);
        let read = self.input.read(buffer).map_err(|_| wrong())?;
        if read == 0 && self.left > 0 {
            return Err(wrong());
        }
        self.left = self.left.checked_sub(read as u64).ok_or_else(wrong)?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
