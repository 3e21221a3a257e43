//! Many packets in one request.
//!
//! ```text
//! batch  = [ version (1), [ group ... ] ]
//! group  = [ device, kid, enc, [ [ id, sequence, place, ciphertext, signature ] ... ] ]
//! ```
//! A group holds what one device sealed in one context, so that the long names stand once. A batch may hold packets of
//! several devices; in what order they come does not matter.

use serde::{Deserialize, Serialize};

use super::packet::{Envelope, MAX_CIPHERTEXT, SealedPacket, read_sequence};
use super::receipt::Receipts;
use super::{Base64, DeviceId, PacketId, Signed, VERSION, WireError, demand_version};
use crate::card::cbor::{Reader, Writer};
use crate::card::key::Kid;

/// The most packets of a batch.
pub const MAX_PACKETS: usize = 500;

/// The longest batch, bytes.
pub const MAX_BYTES: usize = 700_000;

/// `POST /sync/v1/packets`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PacketsRequest {
    /// Of this form.
    pub version: u32,
    /// As [`write()`] made it.
    pub batch: Base64,
}

/// What became of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PacketsAnswer {
    /// Of this form.
    pub version: u32,
    /// A receipt for every packet.
    pub receipts: Signed<Receipts>,
    /// Seconds until the phone should come again when it has nothing urgent.
    pub come_back_seconds: u32,
}

impl PacketsRequest {
    /// The request that carries packets.
    pub fn of(packets: &[SealedPacket]) -> Self {
        Self {
            version: VERSION,
            batch: Base64(write(packets)),
        }
    }
}

/// The bytes of a batch.
pub fn write(packets: &[SealedPacket]) -> Vec<u8> {
    let mut order: Vec<&SealedPacket> = packets.iter().collect();
    let group = |packet: &SealedPacket| (packet.device, packet.envelope.kid, packet.envelope.enc);
    order.sort_by_key(|packet| (group(packet), packet.sequence));
    let groups: Vec<&[&SealedPacket]> = order.chunk_by(|one, other| group(one) == group(other)).collect();
    let writer = Writer::new()
        .array(2)
        .unsigned(VERSION.into())
        .array(groups.len());
    groups.into_iter().fold(writer, write_group).finish()
}

fn write_group(writer: Writer, group: &[&SealedPacket]) -> Writer {
    let Some(first) = group.first() else {
        return writer;
    };
    let writer = writer
        .array(4)
        .bytes(&first.device.0)
        .bytes(&first.envelope.kid.0)
        .bytes(&first.envelope.enc)
        .array(group.len());
    group.iter().fold(writer, |writer, packet| {
        writer
            .array(5)
            .bytes(&packet.id.to_bytes())
            .unsigned(packet.sequence)
            .unsigned(packet.place.into())
            .bytes(&packet.ciphertext)
            .bytes(&packet.signature)
    })
}

/// The packets of a batch, unchecked: each is held against its device's key by itself.
pub fn read(bytes: &[u8]) -> Result<Vec<SealedPacket>, WireError> {
    if bytes.len() > MAX_BYTES {
        return Err(WireError::Invalid("length"));
    }
    let mut reader = Reader::new(bytes);
    reader.array_of(2)?;
    demand_version(reader.unsigned()?)?;
    let mut packets = Vec::new();
    for _ in 0..reader.array(MAX_PACKETS)? {
        read_group(&mut reader, &mut packets)?;
    }
    reader.end()?;
    Ok(packets)
}

fn read_group(reader: &mut Reader<'_>, packets: &mut Vec<SealedPacket>) -> Result<(), WireError> {
    reader.array_of(4)?;
    let device = DeviceId(reader.fixed()?);
    let envelope = Envelope {
        kid: Kid(reader.fixed()?),
        enc: reader.fixed()?,
    };
    for _ in 0..reader.array(MAX_PACKETS - packets.len())? {
        reader.array_of(5)?;
        packets.push(SealedPacket {
            device,
            id: PacketId::from_bytes(reader.fixed()?).map_err(|_| WireError::Invalid("packet id"))?,
            sequence: read_sequence(reader)?,
            envelope,
            place: reader.unsigned_32()?,
            ciphertext: reader.bytes(MAX_CIPHERTEXT)?.to_vec(),
            signature: reader.fixed()?,
        });
    }
    Ok(())
}
