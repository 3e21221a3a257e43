//! Files that outlive machines: a folder, or a bucket of S3 and whatever speaks its language.
//!
//! A file appears whole or not at all: it is written beside its place and moved there, or sent in parts that the last
//! word joins. Names are made by this program and hold no one's data.

mod address;
mod error;
#[cfg(test)]
mod tests;

pub use address::FilesAddress;
pub use error::FilesError;

use std::io::Read as _;
use std::ops::Range;
use std::path::Path as Local;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, PutPayload, WriteMultipart};
use sha2::{Digest as _, Sha256};

/// Bytes of a part that is sent at once: S3 takes 10,000 of them, so that a file may have 80 GB.
const PART: usize = 8 << 20;

/// A file up to this size is sent in one piece.
const PIECE: u64 = 5 << 20;

/// Parts of one file that are under way at once.
const AT_ONCE: usize = 2;

/// Where files are kept. Cheap to clone.
#[derive(Clone)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    below: Path,
}

/// What is known of a file that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its bytes.
    pub bytes: u64,
    /// SHA-256 of them.
    pub sha256: [u8; 32],
}

/// A part of a file as it is read, or all of it.
pub struct Reading {
    /// The bytes of the whole file.
    pub size: u64,
    /// Which of them come.
    pub range: Range<u64>,
    /// They.
    pub stream: BoxStream<'static, Result<Bytes, FilesError>>,
}

impl Files {
    /// Files at an address.
    pub fn open(address: &FilesAddress) -> Result<Self, FilesError> {
        let (store, below) = address.open()?;
        Ok(Self { store, below })
    }

    /// Files of another store, for tests of what happens when it fails.
    #[cfg(any(test, feature = "testing"))]
    pub fn of(store: Arc<dyn ObjectStore>) -> Self {
        let below = Path::default();
        Self { store, below }
    }

    fn at(&self, name: &str) -> Path {
        let parts = self.below.parts().chain(name.split('/').map(Into::into));
        parts.collect()
    }

    /// Keeps bytes under a name, in place of what was there.
    pub async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<Kept, FilesError> {
        let kept = Kept {
            bytes: bytes.len() as u64,
            sha256: Sha256::digest(&bytes).into(),
        };
        self.store.put(&self.at(name), PutPayload::from(bytes)).await?;
        Ok(kept)
    }

    /// Keeps a file of this machine under a name, in constant memory.
    pub async fn put_file(&self, name: &str, file: &Local) -> Result<Kept, FilesError> {
        let mut file = std::fs::File::open(file)?;
        if file.metadata()?.len() <= PIECE {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            return self.put(name, bytes).await;
        }
        let upload = self.store.put_multipart(&self.at(name)).await?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART);
        match send(&mut upload, file).await {
            Ok(kept) => {
                upload.finish().await?;
                Ok(kept)
            }
            Err(error) => {
                // What cannot be cleared now is cleared by the store's own rules, or by the next try.
                let _ = upload.abort().await;
                Err(error)
            }
        }
    }

    /// The bytes of a small file.
    pub async fn get(&self, name: &str) -> Result<Vec<u8>, FilesError> {
        let found = self.store.get(&self.at(name)).await?;
        Ok(found.bytes().await?.to_vec())
    }

    /// Begins to read a file, or bytes of it that lie within it.
    pub async fn read(&self, name: &str, range: Option<Range<u64>>) -> Result<Reading, FilesError> {
        let options = GetOptions {
            range: range.map(GetRange::Bounded),
            ..GetOptions::default()
        };
        let found = self.store.get_opts(&self.at(name), options).await?;
        Ok(Reading {
            size: found.meta.size,
            range: found.range.clone(),
            stream: found.into_stream().map_err(FilesError::from).boxed(),
        })
    }

    /// Removes a file; one that is not there is removed already.
    pub async fn remove(&self, name: &str) -> Result<(), FilesError> {
        match self.store.delete(&self.at(name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The names of all files below a folder.
    pub async fn list(&self, folder: &str) -> Result<Vec<String>, FilesError> {
        let folder = self.at(folder);
        let cut = self.below.parts().count();
        let name = |about: object_store::ObjectMeta| {
            let parts: Vec<_> = about.location.parts().skip(cut).collect();
            parts.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join("/")
        };
        Ok(self.store.list(Some(&folder)).map_ok(name).try_collect().await?)
    }

    /// Removes all files below a folder but those of some names.
    pub async fn clear(&self, folder: &str, keep: &[String]) -> Result<(), FilesError> {
        for name in self.list(folder).await? {
            if !keep.contains(&name) {
                self.remove(&name).await?;
            }
        }
        Ok(())
    }
}

async fn send(upload: &mut WriteMultipart, mut file: std::fs::File) -> Result<Kept, FilesError> {
    let mut sum = Sha256::new();
    let mut sent = 0;
    loop {
        let (piece, back) = tokio::task::spawn_blocking(move || {
            let mut piece = Vec::with_capacity(PART);
            let read = (&mut file).take(PART as u64).read_to_end(&mut piece);
            read.map(|_| (piece, file))
        })
        .await
        .map_err(|_| FilesError::Unavailable("a file could not be read".to_owned()))??;
        if piece.is_empty() {
            break;
        }
        file = back;
        sum.update(&piece);
        sent += piece.len() as u64;
        upload.wait_for_capacity(AT_ONCE).await?;
        upload.put(piece.into());
    }
    Ok(Kept {
        bytes: sent,
        sha256: sum.finalize().into(),
    })
}
