//! A bundle on a disk: `manifest`, and each part under the SHA-256 of its bytes.
//!
//! ```text
//! manifest             the signed manifest of the bundle that counts
//! 3f9a…                a part that is whole and was checked
//! 3f9a….partial        a part that is still coming; it goes on from its last byte
//! ```
//! A new bundle comes in beside the old one. [`Folder::switch`] makes it count by renaming its manifest over the old one:
//! the one step that a power cut cannot divide. What the old bundle alone used is removed afterwards.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::files::Files;
use super::manifest::{MAX_BYTES, Manifest, ManifestError, Part};
use crate::card::trust::TrustList;

const MANIFEST: &str = "manifest";
const NEXT: &str = "manifest.next";

/// A folder with at most one bundle that counts.
#[derive(Debug)]
pub struct Folder<F> {
    files: F,
}

/// Why the folder refuses something.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The disk failed.
    #[error("the bundle's folder cannot be read or written: {0}")]
    Disk(#[from] io::Error),
    /// The manifest does not stand.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// There is no bundle yet.
    #[error("there is no bundle here; build one, or sync")]
    Empty,
    /// An older bundle than the one that counts, or than the phone remembers.
    #[error("bundle {offered} is older than bundle {held}, which stays")]
    Older {
        /// Number that must not be gone below.
        held: u64,
        /// Number that was offered.
        offered: u64,
    },
    /// Another bundle of the same number.
    #[error("there are two different bundles of number {0}; ask the organisation which one counts")]
    Fork(u64),
    /// A part's bytes are not those that the manifest names. They were thrown away.
    #[error("the {0} part does not have the bytes that the manifest names; fetch it again")]
    Damaged(&'static str),
    /// A part that is not whole.
    #[error("the {0} part is not complete; fetch the rest of it")]
    Incomplete(&'static str),
}

impl<F: Files> Folder<F> {
    /// A bundle's folder.
    pub fn new(files: F) -> Self {
        Self { files }
    }

    /// The signed manifest that counts.
    pub fn manifest(&self) -> Result<Vec<u8>, FolderError> {
        match self.files.length(MANIFEST)? {
            None => Err(FolderError::Empty),
            Some(_) => Ok(read_whole(self.files.read(MANIFEST)?, MAX_BYTES as u64)?),
        }
    }

    /// Checks that a manifest may take the place of the one that counts: signed, and newer or the same.
    ///
    /// `floor` is the highest bundle number that the caller remembers elsewhere (in its vault), 0 for none; it keeps an
    /// emptied folder from taking an old bundle.
    pub fn accept(&self, trust: &TrustList, signed: &[u8], floor: u64) -> Result<Manifest, FolderError> {
        let manifest = Manifest::open(trust, signed)?;
        let (offered, mut held) = (manifest.number, floor);
        match self.manifest() {
            Err(FolderError::Empty) => {}
            Err(error) => return Err(error),
            Ok(current) => {
                let number = Manifest::claimed(&current)?.number;
                if number == offered && current != signed {
                    return Err(FolderError::Fork(number));
                }
                held = held.max(number);
            }
        }
        if offered < held {
            Err(FolderError::Older { held, offered })
        } else {
            Ok(manifest)
        }
    }

    /// How many bytes of a part are here: all of them when it is whole, otherwise where to go on.
    pub fn have(&self, part: &Part) -> Result<u64, FolderError> {
        if self.files.length(&name(part))? == Some(part.size) {
            return Ok(part.size);
        }
        Ok(self.files.length(&partial(part))?.unwrap_or(0).min(part.size))
    }

    /// Adds bytes to a part, at `offset` bytes from its start; what was there from `offset` on is replaced.
    pub fn write(&mut self, part: &Part, offset: u64, bytes: &[u8]) -> Result<(), FolderError> {
        let have = self.have(part)?;
        if offset > have || offset + bytes.len() as u64 > part.size {
            return Err(FolderError::Damaged(part.kind.name()));
        }
        Ok(self.files.write_at(&partial(part), offset, bytes)?)
    }

    /// Checks that a part is whole and is the one that the manifest names, and keeps it. Bytes that are not are removed.
    pub fn keep(&mut self, part: &Part) -> Result<(), FolderError> {
        if self.files.length(&name(part))? == Some(part.size) {
            return Ok(());
        }
        if self.have(part)? < part.size {
            return Err(FolderError::Incomplete(part.kind.name()));
        }
        let partial = partial(part);
        if hash(self.files.read(&partial)?)? != part.hash {
            self.files.remove(&partial)?;
            return Err(FolderError::Damaged(part.kind.name()));
        }
        self.files.sync(&partial)?;
        self.files.rename(&partial, &name(part))?;
        Ok(self.files.sync_folder()?)
    }

    /// Makes a bundle count whose parts are all whole, and removes what only the one before needed.
    pub fn switch(&mut self, trust: &TrustList, signed: &[u8], floor: u64) -> Result<Manifest, FolderError> {
        let manifest = self.accept(trust, signed, floor)?;
        for part in &manifest.parts {
            if self.files.length(&name(part))? != Some(part.size) {
                return Err(FolderError::Incomplete(part.kind.name()));
            }
        }
        self.files.write_at(NEXT, 0, signed)?;
        self.files.sync(NEXT)?;
        self.files.rename(NEXT, MANIFEST)?;
        self.files.sync_folder()?;
        self.sweep(&manifest)?;
        Ok(manifest)
    }

    /// Reads a whole part.
    pub fn read(&self, part: &Part) -> Result<Box<dyn Read + '_>, FolderError> {
        Ok(self.files.read(&name(part))?)
    }

    /// Reads a part that is signed and not secret, checking its hash.
    pub fn read_signed(&self, part: &Part, most: usize) -> Result<Vec<u8>, FolderError> {
        let bytes = read_whole(self.read(part)?, (most as u64).min(part.size))?;
        let good = <[u8; 32]>::from(Sha256::digest(&bytes)) == part.hash;
        if good {
            Ok(bytes)
        } else {
            Err(FolderError::Damaged(part.kind.name()))
        }
    }

    /// Checks a part's hash on the disk.
    pub fn check(&self, part: &Part) -> Result<(), FolderError> {
        match self.files.length(&name(part))? {
            None => Err(FolderError::Incomplete(part.kind.name())),
            Some(_) if hash(self.read(part)?)? == part.hash => Ok(()),
            Some(_) => Err(FolderError::Damaged(part.kind.name())),
        }
    }

    /// The disk.
    pub fn files(&self) -> &F {
        &self.files
    }

    fn sweep(&mut self, manifest: &Manifest) -> Result<(), FolderError> {
        for file in self.files.names()? {
            let hash = file.strip_suffix(".partial").unwrap_or(&file);
            let is_part = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            if is_part && !manifest.parts.iter().any(|part| name(part) == file) {
                self.files.remove(&file)?;
            }
        }
        Ok(self.files.sync_folder()?)
    }
}

fn name(part: &Part) -> String {
    data_encoding::HEXLOWER.encode(&part.hash)
}

fn partial(part: &Part) -> String {
    format!("{}.partial", name(part))
}

fn hash(mut input: impl Read) -> io::Result<[u8; 32]> {
    let (mut sha, mut buffer) = (Sha256::new(), vec![0; 64 << 10]);
    loop {
        match input.read(&mut buffer)? {
            0 => return Ok(sha.finalize().into()),
            read => sha.update(&buffer[..read]),
        }
    }
}

/// At most so many bytes; a longer file is cut and then fails its signature or hash.
fn read_whole(input: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
