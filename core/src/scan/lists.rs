//! The signed part of a bundle: which keys count, and what became of cards.

use jiff::Timestamp;

use crate::card::signing::PublicKey;
use crate::card::trust::TrustList;
use crate::registry::bundle::OpenError;
use crate::registry::bundle::Opened;
use crate::registry::bundle::files::Files;
use crate::registry::bundle::folder::{Folder, FolderError};
use crate::registry::{Held, Statuses as _};

/// What a phone scans with.
#[derive(Debug)]
pub struct Lists {
    /// The number of the bundle that they came with.
    pub bundle: u64,
    /// The keys that count.
    pub trust: TrustList,
    /// The status of cards; none before the first list.
    pub statuses: Option<Held>,
    /// The newest time that a server vouched for.
    pub trusted: Timestamp,
}

impl Lists {
    /// Opens the lists of the bundle that counts, or of the one that is coming when its signed parts are there already.
    /// None when there is neither.
    pub fn open(
        folder: &Folder<impl Files>,
        coming: Option<&[u8]>,
        root: &PublicKey,
    ) -> Result<Option<Self>, OpenError> {
        // One that is not far enough, or not good, leaves the one that counts.
        if let Some(opened) = coming.and_then(|signed| Opened::of(folder, signed, root).ok()) {
            return Ok(Some(Self::of(opened)));
        }
        match Opened::open(folder, root) {
            Ok(opened) => Ok(Some(Self::of(opened))),
            Err(OpenError::Folder(FolderError::Empty)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn of(opened: Opened) -> Self {
        let listed = opened.statuses.as_ref().and_then(|held| held.freshness());
        let built = opened.manifest.built;
        Self {
            bundle: opened.manifest.number,
            trust: opened.trust,
            trusted: listed.map_or(built, |listed| listed.as_of.max(built)),
            statuses: opened.statuses,
        }
    }
}
