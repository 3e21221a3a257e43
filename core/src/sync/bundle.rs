//! Fetching what is new of the bundle: its lists first, each part from the byte at which it broke off.

use super::error::SyncError;
use super::identity::{note, number};
use super::observe::{Step, Summary};
use super::run::Run;
use super::transport::{Method, Request, Transport, TransportError};
use crate::card::trust::{self, TrustList};
use crate::registry::bundle::folder::FolderError;
use crate::registry::bundle::manifest::{Kind, MAX_BYTES, Manifest, Part};
use crate::store::PlatformKeystore;
use crate::wire::bundle::BundleAnswer;
use crate::wire::path;

/// Bytes of the first range: on a slow link it is there before it breaks.
const FIRST: u64 = 64 << 10;

/// Bytes of the longest range.
const LONGEST: u64 = 1 << 20;

/// Bytes of the shortest range that is still tried.
const SHORTEST: u64 = 4 << 10;

impl<T: Transport, K: PlatformKeystore> Run<'_, T, K> {
    /// Asks for the manifest and fetches the parts that are not here.
    pub(super) async fn fetch(&self, summary: &mut Summary) -> Result<(), SyncError> {
        let etag = self.outbox()?.note(note::ETAG)?;
        let request = Request {
            if_none_match: etag.and_then(|etag| String::from_utf8(etag).ok()),
            most: 2 * MAX_BYTES,
            ..self.client.request(Method::Get, path::BUNDLE)
        };
        let response = self.client.send(request).await?;
        summary.bundle = number(&*self.outbox()?, note::BUNDLE)?;
        if response.status == 304 {
            return Ok(());
        }
        let answer: BundleAnswer =
            serde_json::from_slice(&response.body).map_err(|_| SyncError::NotTheServer)?;
        self.take(&answer.manifest.0, response.etag, summary).await
    }

    async fn take(
        &self,
        signed: &[u8],
        etag: Option<String>,
        summary: &mut Summary,
    ) -> Result<(), SyncError> {
        let claimed = Manifest::claimed(signed).map_err(FolderError::Manifest)?;
        if self.is_held(&claimed)? {
            return Ok(());
        }
        let (trust, trust_bytes) = self.fetch_trust(&claimed, summary).await?;
        let floor = summary.bundle;
        let manifest = self.folder()?.accept(&trust, signed, floor)?;
        self.outbox()?.set_note(note::COMING, signed)?;
        for part in &manifest.parts {
            self.fetch_part(part, summary).await?;
        }
        self.folder()?.switch(&trust, signed, floor)?;
        let mut notes = vec![
            (note::TRUST, trust_bytes),
            (note::BUNDLE, manifest.number.to_be_bytes().to_vec()),
            (note::ETAG, etag.unwrap_or_default().into_bytes()),
        ];
        let mut outbox = self.outbox()?;
        notes.extend(super::identity::vouched(
            &outbox,
            manifest.built.as_millisecond(),
        )?);
        outbox.receive(&[], &[], &notes)?;
        summary.bundle = manifest.number;
        Ok(())
    }

    /// Whether the bundle that counts has the same number and parts: a server seals the keys of one bundle anew each time
    /// that it is asked.
    fn is_held(&self, claimed: &Manifest) -> Result<bool, SyncError> {
        let held = match self.folder()?.manifest() {
            Err(FolderError::Empty) => return Ok(false),
            held => held?,
        };
        let held = Manifest::claimed(&held).map_err(FolderError::Manifest)?;
        Ok((held.number, &held.parts) == (claimed.number, &claimed.parts))
    }

    /// The trust list comes first: it may name the key that signed the manifest. It only goes forward.
    async fn fetch_trust(
        &self,
        claimed: &Manifest,
        summary: &mut Summary,
    ) -> Result<(TrustList, Vec<u8>), SyncError> {
        let (_, part) = claimed
            .parts_of(Kind::Trust)
            .next()
            .ok_or(SyncError::NotTheServer)?;
        if part.size > trust::MAX_BYTES as u64 + 1_000 {
            return Err(SyncError::NotTheServer);
        }
        self.fetch_part(part, summary).await?;
        let bytes = self.folder()?.read_signed(part, trust::MAX_BYTES + 1_000)?;
        let offered = TrustList::open(&bytes, &self.identity.root)?;
        Ok((self.trust()?.succeeded_by(offered)?, bytes))
    }

    /// Fetches a part, in ranges that fit the link. One whose bytes turn out wrong is fetched once more from its start.
    async fn fetch_part(&self, part: &Part, summary: &mut Summary) -> Result<(), SyncError> {
        let mut again = true;
        loop {
            self.fetch_bytes(part, summary).await?;
            match self.folder()?.keep(part) {
                Err(FolderError::Damaged(_)) if again => again = false,
                kept => return Ok(kept?),
            }
        }
    }

    async fn fetch_bytes(&self, part: &Part, summary: &mut Summary) -> Result<(), SyncError> {
        let mut range = FIRST;
        loop {
            let have = self.folder()?.have(part)?;
            let step = Step::Fetching {
                part: part.kind,
                bytes: have,
                of: part.size,
            };
            self.observer.step(&step);
            if have == part.size {
                return Ok(());
            }
            match self.fetch_range(part, have, range.min(part.size - have)).await {
                Ok(bytes) => {
                    summary.fetched_bytes += bytes;
                    range = (range * 2).min(LONGEST);
                }
                Err(SyncError::Network(TransportError::Broken)) if range > SHORTEST => range /= 4,
                Err(error) => return Err(error),
            }
        }
    }

    async fn fetch_range(&self, part: &Part, have: u64, bytes: u64) -> Result<u64, SyncError> {
        let name = data_encoding::HEXLOWER.encode(&part.hash);
        let request = Request {
            range: Some((have, have + bytes - 1)),
            most: usize::try_from(part.size).unwrap_or(usize::MAX),
            ..self
                .client
                .request(Method::Get, &format!("{}/{name}", path::PARTS))
        };
        let response = self.client.send(request).await?;
        let got = response.body.len() as u64;
        match response.status {
            206 if (1..=bytes).contains(&got) => self.folder()?.write(part, have, &response.body)?,
            // A server or proxy without ranges sends everything.
            200 if got == part.size => self.folder()?.write(part, 0, &response.body)?,
            _ => return Err(SyncError::NotTheServer),
        }
        Ok(got)
    }
}
