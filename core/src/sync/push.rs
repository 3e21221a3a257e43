//! Sending packets in batches that fit the link, and taking their receipts.

use super::error::SyncError;
use super::identity::{note, vouched};
use super::observe::{Step, Summary};
use super::run::Run;
use super::transport::{Transport, TransportError};
use crate::outbox::{Incoming, Kind, Packet};
use crate::store::PlatformKeystore;
use crate::wire::PacketId;
use crate::wire::batch::{MAX_BYTES, MAX_PACKETS, PacketsAnswer, PacketsRequest};
use crate::wire::packet::SealedPacket;
use crate::wire::path;
use crate::wire::receipt::{Outcome, Receipts};

/// Packets of the first batch: on a slow link some kilobytes, on a good one a moment.
const FIRST: usize = 32;

impl<T: Transport, K: PlatformKeystore> Run<'_, T, K> {
    /// Sends everything that waits. A batch that does not get through is halved; one that does, doubles the next.
    pub(super) async fn push(&self, summary: &mut Summary) -> Result<(), SyncError> {
        let of = self.outbox()?.progress()?.waiting;
        let (mut size, mut after, mut done) = (FIRST, 0, 0);
        self.observer.step(&Step::Sending { done, of });
        loop {
            let packets = self.outbox()?.waiting(after, size, MAX_BYTES / 2)?;
            let Some(last) = packets.last() else {
                return Ok(());
            };
            let last = last.sequence;
            match self.send_batch(&packets, summary).await {
                Ok(answered) => {
                    // What got no receipt is not asked again in this run.
                    (after, size) = (last, (size * 2).min(MAX_PACKETS));
                    done += answered;
                    self.observer.step(&Step::Sending { done, of });
                }
                Err(SyncError::Network(TransportError::Broken)) if packets.len() > 1 => {
                    size = packets.len() / 2;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends a batch; says how many packets were answered for good.
    async fn send_batch(&self, packets: &[Packet], summary: &mut Summary) -> Result<u64, SyncError> {
        let sealed = packets
            .iter()
            .map(|packet| SealedPacket::from_bytes(&packet.sealed));
        let sealed: Vec<SealedPacket> = sealed.collect::<Result<_, _>>()?;
        let request = PacketsRequest::of(&sealed);
        let (answer, sent): (PacketsAnswer, usize) = self.client.post(path::PACKETS, &request).await?;
        summary.sent_bytes += sent as u64;
        summary.come_back_seconds = answer.come_back_seconds;
        let receipts = self.open_signed(&answer.receipts)?;
        if receipts.device != self.identity.device {
            return Err(SyncError::NotSigned);
        }
        self.take_receipts(packets, receipts, summary)
    }

    pub(crate) fn take_receipts(
        &self,
        packets: &[Packet],
        receipts: Receipts,
        summary: &mut Summary,
    ) -> Result<u64, SyncError> {
        let (mut answered, mut incoming): (Vec<PacketId>, Vec<Incoming>) = Default::default();
        for receipt in receipts.receipts {
            let was_sent =
                |packet: &Packet| (packet.id, packet.sequence) == (receipt.packet, receipt.sequence);
            if !packets.iter().any(was_sent) {
                continue;
            }
            count(&receipt.outcome, summary);
            if receipt.outcome.is_final() {
                answered.push(receipt.packet);
                incoming.push(Incoming {
                    kind: Kind::Receipt,
                    body: serde_json::to_vec(&receipt).map_err(|_| SyncError::NotTheServer)?,
                });
            }
        }
        if !receipts.assigned.0.is_empty() {
            incoming.push(Incoming {
                kind: Kind::Assigned,
                body: receipts.assigned.0,
            });
        }
        let mut outbox = self.outbox()?;
        let mut notes = vec![(note::EPOCH, receipts.epoch.to_be_bytes().to_vec())];
        notes.extend(vouched(&outbox, receipts.at)?);
        outbox.receive(&answered, &incoming, &notes)?;
        Ok(answered.len() as u64)
    }
}

fn count(outcome: &Outcome, summary: &mut Summary) {
    let counter = match outcome {
        Outcome::Accepted => &mut summary.accepted,
        Outcome::Linked => &mut summary.linked,
        Outcome::Review => &mut summary.review,
        Outcome::Refused { .. } => &mut summary.refused,
        Outcome::Kept => &mut summary.kept,
        Outcome::Later { .. } => &mut summary.later,
    };
    *counter += 1;
}
