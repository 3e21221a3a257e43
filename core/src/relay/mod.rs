//! Work of a phone that has no network, carried by another phone of the same organization.
//!
//! 1. The phone without a network packs what waits and says how far it has read: a *parcel* ([`Line::pack`]). It goes over a
//!    local hotspot, as a file, or as a row of codes. Packets stay in the outbox.
//! 2. The carrier delivers parcels in a session of its own ([`Line::deliver`]) and gets an *answer* for each device.
//! 3. The phone takes its answer as if it had synced ([`Line::take`]): signed receipts, commands, messages for the vault.
//!
//! The carrier reads neither. A packet that it drops stays in the outbox and leaves a gap in the sequence; an answer that
//! it changes does not open, one that it keeps back is asked for again, and one that comes twice changes nothing.

#[cfg(test)]
mod tests;

use crate::outbox::Packet;
use crate::store::PlatformKeystore;
use crate::sync::{Line, Summary, SyncError, Transport, note};
use crate::wire::batch;
use crate::wire::packet::SealedPacket;
use crate::wire::relay::{After, Carried, RelayAnswer, RelayRequest};
use crate::wire::{Base64, VERSION, path};

/// The longest parcel that a carrier takes, bytes.
pub const MOST_PARCEL: usize = 2 << 20;

impl<T: Transport, K: PlatformKeystore> Line<'_, T, K> {
    /// Packs what waits, at most so many bytes of packets unless the first alone has more.
    pub fn pack(&self, most_bytes: usize) -> Result<Vec<u8>, SyncError> {
        let identity = self.identity()?;
        let outbox = self.shared.outbox()?;
        let most_bytes = most_bytes.min(batch::MAX_BYTES / 2);
        let packets = outbox.waiting(0, batch::MAX_PACKETS, most_bytes)?;
        let after = crate::sync::number(&outbox, note::CURSOR)?;
        let request = RelayRequest {
            version: VERSION,
            batch: Base64(batch::write(&opened(&packets)?)),
            after: vec![After {
                device: identity.device,
                after,
            }],
        };
        serde_json::to_vec(&request).map_err(|_| SyncError::NotTheServer)
    }

    /// Delivers another phone's parcel; gives what goes back. The carrier's own work is not touched.
    pub async fn deliver(&self, parcel: &[u8]) -> Result<Vec<u8>, SyncError> {
        let request: RelayRequest = readable(parcel)?;
        let identity = self.identity()?;
        let mut run = self.begin(&identity);
        self.open(&mut run, &mut Summary::default()).await?;
        let (answer, _): (RelayAnswer, usize) = run.client.post(path::RELAY, &request).await?;
        serde_json::to_vec(&answer.carried).map_err(|_| SyncError::NotTheServer)
    }

    /// Takes what came back: of several phones' answers this phone's own.
    pub fn take(&self, answers: &[u8]) -> Result<Summary, SyncError> {
        let carried: Vec<Carried> = readable(answers)?;
        let identity = self.identity()?;
        let own = carried.into_iter().find(|one| one.device == identity.device);
        let own = own.ok_or(SyncError::NotForThisPhone)?;
        let answer = own.open(&identity.transport)?;
        let run = self.begin(&identity);
        let receipts = run.open_signed(&answer.receipts)?;
        let page = run.open_signed(&answer.page)?;
        if (receipts.device, page.device) != (identity.device, identity.device) {
            return Err(SyncError::NotSigned);
        }
        let mut summary = Summary::default();
        let packets = self.shared.outbox()?.waiting(0, usize::MAX >> 1, usize::MAX)?;
        run.take_receipts(&packets, receipts, &mut summary)?;
        let after = crate::sync::number(&*self.shared.outbox()?, note::CURSOR)?;
        // A page for an earlier moment begins again from there; one from later would leave a gap.
        if page.items.first().is_none_or(|first| first.number <= after + 1) {
            run.take_page(page, after, &mut summary)?;
        }
        Ok(summary)
    }
}

fn readable<D: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<D, SyncError> {
    let read = (bytes.len() <= MOST_PARCEL).then(|| serde_json::from_slice(bytes).ok());
    read.flatten().ok_or(SyncError::NotAParcel)
}

fn opened(packets: &[Packet]) -> Result<Vec<SealedPacket>, SyncError> {
    let opened = packets
        .iter()
        .map(|packet| SealedPacket::from_bytes(&packet.sealed));
    Ok(opened.collect::<Result<_, _>>()?)
}
