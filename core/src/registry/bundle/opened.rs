//! Opening a bundle: every signature is checked, from the root down, before anything is decrypted.

use std::io::{self, Read};

use super::files::Files;
use super::folder::{Folder, FolderError};
use super::keys::{self, PartKey, VaultKey};
use super::manifest::{Kind, Manifest, ManifestError, Part};
use super::numbers::{self, Numbers, NumbersError};
use super::pool::{self, Pool};
use super::{CannotOpen, part};
use crate::card::signing::PublicKey;
use crate::card::trust::{self, TrustList, TrustListError};
use crate::registry::delta::{self, Delta, DeltaError};
use crate::registry::list::{self, ListError, StatusList};
use crate::registry::{Held, HeldError};

/// What a bundle says without a device's key.
#[derive(Debug)]
pub struct Opened {
    /// What the publisher signed.
    pub manifest: Manifest,
    /// The keys that count.
    pub trust: TrustList,
    /// The status of cards; none when the bundle has no status list.
    pub statuses: Option<Held>,
}

/// Why a bundle does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder or the manifest.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The trust list.
    #[error(transparent)]
    Trust(#[from] TrustListError),
    /// The status list.
    #[error(transparent)]
    List(#[from] ListError),
    /// A delta.
    #[error(transparent)]
    Delta(#[from] DeltaError),
    /// A delta that does not go with the list.
    #[error(transparent)]
    Held(#[from] HeldError),
    /// A part that must be there and is not, or is there twice.
    #[error("the bundle must have one {0} part; build it again, or sync")]
    NotOne(&'static str),
    /// A sealed part.
    #[error(transparent)]
    Sealed(#[from] CannotOpen),
    /// A sealed part of numbers.
    #[error(transparent)]
    Numbers(#[from] NumbersError),
}

impl From<ManifestError> for OpenError {
    fn from(error: ManifestError) -> Self {
        Self::Folder(error.into())
    }
}

impl Opened {
    /// Opens the bundle of a folder for an organisation, known by its root's public key.
    pub fn open(folder: &Folder<impl Files>, root: &PublicKey) -> Result<Self, OpenError> {
        Self::of(folder, &folder.manifest()?, root)
    }

    /// Opens what is there of a bundle that is still coming: its trust list, and its status list with all deltas, must be
    /// whole; the sealed parts need not be.
    pub fn of(folder: &Folder<impl Files>, signed: &[u8], root: &PublicKey) -> Result<Self, OpenError> {
        let trust = trust_of(folder, &Manifest::claimed(signed)?, root)?;
        let manifest = Manifest::open(&trust, signed)?;
        let statuses = match one(&manifest, Kind::Status)? {
            None => None,
            Some((_, part)) => {
                let list = folder.read_signed(part, list::MAX_BYTES + 1_000)?;
                let mut held = Held::new(StatusList::open(&trust, &list)?);
                for (_, part) in manifest.parts_of(Kind::Delta) {
                    let delta = folder.read_signed(part, delta::MAX_BYTES + 1_000)?;
                    held.apply(Delta::open(&trust, &delta)?)?;
                }
                Some(held)
            }
        };
        Ok(Self {
            manifest,
            trust,
            statuses,
        })
    }

    /// The key to a part, for the device of this vault key.
    pub fn key(&self, place: usize, vault: &VaultKey) -> Result<PartKey, CannotOpen> {
        let public = keys::public_half(vault);
        let recipient = self
            .manifest
            .recipients
            .iter()
            .find(|recipient| recipient.vault == public);
        let sealed = recipient.and_then(|recipient| recipient.keys.iter().find(|(at, _)| *at == place));
        let (part, (_, sealed)) = (
            self.manifest.parts.get(place).ok_or(CannotOpen)?,
            sealed.ok_or(CannotOpen)?,
        );
        keys::open(vault, part, sealed)
    }

    /// The cards by number, for the device of this vault key; none when the bundle has none.
    pub fn numbers(
        &self,
        folder: &Folder<impl Files>,
        vault: &VaultKey,
    ) -> Result<Option<Numbers>, OpenError> {
        let Some((place, part)) = one(&self.manifest, Kind::Ids)? else {
            return Ok(None);
        };
        let key = self.key(place, vault)?;
        let contents = part::open_whole(folder.read(part)?, part, &key, numbers::MAX_BYTES)?;
        Ok(Some(Numbers::from_bytes(&contents)?))
    }

    /// What the device may give out; none when the bundle has no pool.
    pub fn pool(&self, folder: &Folder<impl Files>, vault: &VaultKey) -> Result<Option<Pool>, OpenError> {
        let Some((place, part)) = one(&self.manifest, Kind::Pool)? else {
            return Ok(None);
        };
        let key = self.key(place, vault)?;
        let contents = part::open_whole(folder.read(part)?, part, &key, pool::MAX_BYTES)?;
        Ok(Some(Pool::from_bytes(&contents).ok_or(CannotOpen)?))
    }

    /// Reads the people, one by one; see [`super::people::read`]. None when the bundle has none.
    pub fn people<'a>(
        &self,
        folder: &'a Folder<impl Files>,
        vault: &VaultKey,
    ) -> Result<Option<impl Read + 'a>, OpenError> {
        let Some((place, part)) = one(&self.manifest, Kind::People)? else {
            return Ok(None);
        };
        let key = self.key(place, vault)?;
        let opened: io::Result<_> = part::open(folder.read(part)?, part, &key);
        Ok(Some(opened.map_err(|_| CannotOpen)?))
    }
}

fn trust_of(
    folder: &Folder<impl Files>,
    claimed: &Manifest,
    root: &PublicKey,
) -> Result<TrustList, OpenError> {
    let (_, part) = one(claimed, Kind::Trust)?.ok_or(OpenError::NotOne("trust"))?;
    let signed = folder.read_signed(part, trust::MAX_BYTES + 1_000)?;
    Ok(TrustList::open(&signed, root)?)
}

/// The only part of a kind.
fn one(manifest: &Manifest, kind: Kind) -> Result<Option<(usize, &Part)>, OpenError> {
    let mut parts = manifest.parts_of(kind);
    match (parts.next(), parts.next()) {
        (first, None) => Ok(first),
        _ => Err(OpenError::NotOne(kind.name())),
    }
}
