//! A stream encrypted in chunks, so that a part of any size is written and read in constant memory.
//!
//! ```text
//! sealed = "TRGP" 01 cipher kind version(8, big-endian) chunk ...
//! chunk  = AEAD(64 KiB, the last one 0 to 64 KiB) and its 16-byte tag
//! nonce  = 7 zero bytes, index (4, big-endian), last (0 or 1);  associated data = the 15-byte head, index, last
//! ```
//! This is the STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizár 2015): a chunk that is missing, moved, cut or
//! of another part does not open. The key is fresh for each part and build, so the index is a safe nonce. Ciphers: 1
//! AES-256-GCM, 2 ChaCha20-Poly1305.

use std::io::{self, Read, Write};

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{AeadInOut, KeyInit};
use chacha20poly1305::ChaCha20Poly1305;

use super::CannotOpen;
use super::keys::PartKey;
use super::manifest::Kind;

/// Bytes of a whole chunk before encryption.
pub const CHUNK: usize = 64 << 10;

const TAG: usize = 16;
const HEAD: usize = 15;

/// With what a part is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cipher {
    /// AES-256-GCM: the faster one where the processor has AES instructions.
    Aes256Gcm,
    /// ChaCha20-Poly1305: several times faster, and of constant time, where it has not.
    ChaCha20Poly1305,
}

impl Cipher {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Aes256Gcm, Self::ChaCha20Poly1305];

    /// The cipher's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aes256Gcm => "AES-256-GCM",
            Self::ChaCha20Poly1305 => "ChaCha20-Poly1305",
        }
    }

    const fn number(self) -> u8 {
        self as u8 + 1
    }

    fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|cipher| cipher.number() == number)
    }
}

enum Keyed {
    Aes(Box<Aes256Gcm>),
    ChaCha(ChaCha20Poly1305),
}

/// The cipher, its key and the place in the stream.
struct Chunks {
    keyed: Keyed,
    head: [u8; HEAD],
    index: u32,
}

impl Chunks {
    fn new(cipher: Cipher, key: &PartKey, kind: Kind, version: u64) -> Self {
        let keyed = match cipher {
            Cipher::Aes256Gcm => Keyed::Aes(Box::new(Aes256Gcm::new(key.reveal().into()))),
            Cipher::ChaCha20Poly1305 => Keyed::ChaCha(ChaCha20Poly1305::new(key.reveal().into())),
        };
        Self {
            keyed,
            head: head(cipher, kind, version),
            index: 0,
        }
    }

    fn seal(&mut self, chunk: &mut Vec<u8>, last: bool) -> io::Result<()> {
        let (nonce, associated) = self.step(last)?;
        let sealed = match &self.keyed {
            Keyed::Aes(aes) => aes.encrypt_in_place(&nonce.into(), &associated, chunk),
            Keyed::ChaCha(chacha) => chacha.encrypt_in_place(&nonce.into(), &associated, chunk),
        };
        sealed.map_err(|_| io::Error::other("encryption failed"))
    }

    fn open(&mut self, chunk: &mut Vec<u8>, last: bool) -> io::Result<()> {
        let (nonce, associated) = self.step(last)?;
        let opened = match &self.keyed {
            Keyed::Aes(aes) => aes.decrypt_in_place(&nonce.into(), &associated, chunk),
            Keyed::ChaCha(chacha) => chacha.decrypt_in_place(&nonce.into(), &associated, chunk),
        };
        opened.map_err(|_| cannot_open())
    }

    fn step(&mut self, last: bool) -> io::Result<([u8; 12], [u8; HEAD + 5])> {
        let mut associated = [0; HEAD + 5];
        associated[..HEAD].copy_from_slice(&self.head);
        associated[HEAD..HEAD + 4].copy_from_slice(&self.index.to_be_bytes());
        associated[HEAD + 4] = last.into();
        let mut nonce = [0; 12];
        nonce[7..].copy_from_slice(&associated[HEAD..]);
        self.index = self
            .index
            .checked_add(1)
            .ok_or_else(|| io::Error::other("the part is too long"))?;
        Ok((nonce, associated))
    }
}

fn head(cipher: Cipher, kind: Kind, version: u64) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..5].copy_from_slice(b"TRGP\x01");
    (head[5], head[6]) = (cipher.number(), kind.number());
    head[7..].copy_from_slice(&version.to_be_bytes());
    head
}

fn cannot_open() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, CannotOpen)
}

/// Encrypts what is written to it. [`Sealer::finish`] must be called: without the last chunk nothing opens.
pub struct Sealer<W> {
    chunks: Chunks,
    buffer: Vec<u8>,
    output: W,
}

impl<W: Write> Sealer<W> {
    /// Writes the head and takes the part's contents from then on.
    pub fn new(mut output: W, cipher: Cipher, key: &PartKey, kind: Kind, version: u64) -> io::Result<Self> {
        let chunks = Chunks::new(cipher, key, kind, version);
        output.write_all(&chunks.head)?;
        Ok(Self {
            chunks,
            buffer: Vec::with_capacity(CHUNK + TAG),
            output,
        })
    }

    /// Writes the last chunk and gives the output back.
    pub fn finish(mut self) -> io::Result<W> {
        self.flush_chunk(true)?;
        Ok(self.output)
    }

    fn flush_chunk(&mut self, last: bool) -> io::Result<()> {
        self.chunks.seal(&mut self.buffer, last)?;
        self.output.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk waits until more comes: it may be the last.
        if self.buffer.len() == CHUNK && !bytes.is_empty() {
            self.flush_chunk(false)?;
        }
        let taken = bytes.len().min(CHUNK - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// Decrypts what is read through it. Nothing is given out before its chunk was found genuine.
pub struct Opener<R> {
    chunks: Chunks,
    input: R,
    /// The chunk that was opened last, and how much of it has been given out.
    chunk: Vec<u8>,
    given: usize,
    /// One byte of the next chunk; none after the last.
    next: Option<u8>,
}

impl<R: Read> Opener<R> {
    /// Reads the head, which must be of this kind and version.
    pub fn new(mut input: R, key: &PartKey, kind: Kind, version: u64) -> io::Result<Self> {
        let mut found = [0; HEAD];
        input.read_exact(&mut found).map_err(short)?;
        let cipher = Cipher::from_number(found[5]).ok_or_else(cannot_open)?;
        let chunks = Chunks::new(cipher, key, kind, version);
        if found != chunks.head {
            return Err(cannot_open());
        }
        let mut opener = Self {
            chunks,
            input,
            chunk: Vec::new(),
            given: 0,
            next: None,
        };
        opener.next = opener.byte()?;
        if opener.next.is_none() {
            Err(cannot_open())
        } else {
            Ok(opener)
        }
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        let mut byte = [0];
        match self.input.read_exact(&mut byte) {
            Ok(()) => Ok(Some(byte[0])),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Opens the next chunk; says false after the last.
    fn advance(&mut self) -> io::Result<bool> {
        let Some(first) = self.next.take() else {
            return Ok(false);
        };
        self.chunk.clear();
        self.chunk.push(first);
        let rest = (CHUNK + TAG - 1) as u64;
        self.input.by_ref().take(rest).read_to_end(&mut self.chunk)?;
        self.next = self.byte()?;
        let opened = self.chunks.open(&mut self.chunk, self.next.is_none());
        if opened.is_err() {
            (self.next, self.given) = (None, 0);
            self.chunk.clear();
        }
        opened.map(|()| {
            self.given = 0;
            true
        })
    }
}

impl<R: Read> Read for Opener<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.chunk.len() {
            if !self.advance()? {
                return Ok(0);
            }
        }
        let taken = buffer.len().min(self.chunk.len() - self.given);
        buffer[..taken].copy_from_slice(&self.chunk[self.given..self.given + taken]);
        self.given += taken;
        Ok(taken)
    }
}

fn short(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        cannot_open()
    } else {
        error
    }
}
