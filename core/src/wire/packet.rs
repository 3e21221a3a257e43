//! A fact on its way: sealed to the server's sync key, signed by the device, the moment it is saved.
//!
//! ```text
//! packet     = [ version (1), device, id, sequence, kid, enc, place, ciphertext, signature: bstr .size 64 ]
//! signature  = Ed25519 in the context "teranga/packet/v1" over the same array of 8, without the signature
//! context    = HPKE (RFC 9180) base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, export only;
//!              info = "teranga/packet/v1" and the device's name; enc is its encapsulated key, kid the sync key
//! key        = Export("teranga/packet-key/v1" and the place (4 bytes, big-endian), 32)
//! ciphertext = ChaCha20-Poly1305 under that key with a zero nonce; associated data = [ device, id, sequence ]
//! plaintext  = form (1 byte: 0 as it is, 1 zstd) and the fact
//! ```
//! One context serves all packets that a phone seals until it is closed, so that the costly 32 bytes stand once in a batch.
//! Every place in it has a key of its own, which is used once: packets open alone and in any order, and a nonce cannot
//! come twice. The sequence stands outside, so that whoever carries packets cannot drop one unseen.

use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use hpke::aead::ExportOnlyAead;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use zeroize::Zeroizing;

use super::fact::{self, Fact};
use super::{DeviceId, PacketId, SealError, WireError, demand_version};
use crate::card::cbor::{Reader, Writer};
use crate::card::key::{Context, Kid};
use crate::card::signing::{PublicKey, SignatureBytes, SigningKey};
use crate::ids::Random;
use crate::registry::bundle::keys::Draws;
use crate::sensitive::Secret;

const INFO: &[u8] = b"teranga/packet/v1";
const KEY: &[u8] = b"teranga/packet-key/v1";

/// The longest ciphertext, bytes.
pub(super) const MAX_CIPHERTEXT: usize = fact::MAX_BYTES + 32;

/// Facts shorter than this never get smaller by compressing.
const WORTH_COMPRESSING: usize = 200;

/// The sending side of a context.
type Sending = hpke::aead::AeadCtxS<ExportOnlyAead, HkdfSha256, X25519HkdfSha256>;

/// The receiving side of a context.
type Receiving = hpke::aead::AeadCtxR<ExportOnlyAead, HkdfSha256, X25519HkdfSha256>;

/// To which key packets are sealed, and the context's encapsulated key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Envelope {
    /// The sync key's name.
    pub kid: Kid,
    /// HPKE's encapsulated key.
    pub enc: [u8; 32],
}

/// A sealed packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPacket {
    /// Whose.
    pub device: DeviceId,
    /// Its name.
    pub id: PacketId,
    /// Counts up by one with each packet of the device, from 1.
    pub sequence: u64,
    /// To which key it is sealed.
    pub envelope: Envelope,
    /// Its place in the context.
    pub place: u32,
    /// The fact, sealed.
    pub ciphertext: Vec<u8>,
    /// By the device.
    pub signature: SignatureBytes,
}

/// Seals a device's packets. Made anew whenever the phone's program starts; it cannot be stored or copied.
pub struct Sealer {
    device: DeviceId,
    envelope: Envelope,
    context: Sending,
    next: u32,
}

impl Sealer {
    /// Packets of a device for the holder of a sync key.
    pub fn new(
        device: DeviceId,
        kid: Kid,
        sync: &[u8; 32],
        random: &mut impl Random,
    ) -> Result<Self, SealError> {
        let sync = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(sync).map_err(|_| WireError::BadKey)?;
        let mut draws = Draws::new(random);
        let setup = hpke::setup_sender_with_rng::<ExportOnlyAead, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &sync,
            &info(device),
            &mut draws,
        );
        draws.outcome()?;
        let (enc, context) = setup.map_err(|_| WireError::BadKey)?;
        let enc = enc.to_bytes().into();
        Ok(Self {
            device,
            envelope: Envelope { kid, enc },
            context,
            next: 0,
        })
    }

    /// The sync key to which it seals: when the trust list names another, make another sealer.
    pub fn kid(&self) -> Kid {
        self.envelope.kid
    }

    /// Seals and signs a fact.
    pub fn seal(
        &mut self,
        (id, sequence): (PacketId, u64),
        fact: &Fact,
        signing: &SigningKey,
    ) -> Result<SealedPacket, WireError> {
        let mut buffer = plaintext(&fact.to_bytes())?;
        let place = self.next;
        self.next = place.checked_add(1).ok_or(WireError::Invalid("place"))?;
        let key = key_of(|context, out| self.context.export(context, out), place)?;
        let associated = associated(self.device, id, sequence);
        let cipher = ChaCha20Poly1305::new(key.reveal().into());
        cipher
            .encrypt_in_place(&[0; 12].into(), &associated, &mut *buffer)
            .map_err(|_| WireError::Invalid("length"))?;
        let mut packet = SealedPacket {
            device: self.device,
            id,
            sequence,
            envelope: self.envelope,
            place,
            ciphertext: buffer.to_vec(),
            signature: [0; 64],
        };
        let signature = signing.sign(Context::Packet, &packet.message(8).finish());
        packet.signature = signature.map_err(|_| WireError::BadKey)?;
        Ok(packet)
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Sealer({}, {})", self.device, self.envelope.kid)
    }
}

/// Opens the packets of one envelope of one device.
pub struct Opener {
    device: DeviceId,
    envelope: Envelope,
    context: Receiving,
}

impl Opener {
    /// With the private half of the sync key that the envelope names.
    pub fn new(device: DeviceId, envelope: Envelope, sync: &Secret<32>) -> Result<Self, WireError> {
        let sync = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(sync.reveal())
            .map_err(|_| WireError::BadKey)?;
        let enc = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&envelope.enc)
            .map_err(|_| WireError::CannotOpen)?;
        let context = hpke::setup_receiver::<ExportOnlyAead, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &sync,
            &enc,
            &info(device),
        );
        Ok(Self {
            device,
            envelope,
            context: context.map_err(|_| WireError::CannotOpen)?,
        })
    }

    /// The fact of a packet, whose signature was checked before with [`SealedPacket::verify`].
    pub fn open(&self, packet: &SealedPacket) -> Result<Fact, WireError> {
        if (packet.device, packet.envelope) != (self.device, self.envelope) {
            return Err(WireError::CannotOpen);
        }
        let key = key_of(|context, out| self.context.export(context, out), packet.place)?;
        let associated = associated(packet.device, packet.id, packet.sequence);
        let mut buffer = Zeroizing::new(packet.ciphertext.clone());
        ChaCha20Poly1305::new(key.reveal().into())
            .decrypt_in_place(&[0; 12].into(), &associated, &mut *buffer)
            .map_err(|_| WireError::CannotOpen)?;
        match buffer.split_first() {
            Some((0, fact)) => Fact::from_bytes(fact),
            Some((1, compressed)) => {
                let fact = zstd::bulk::decompress(compressed, fact::MAX_BYTES);
                let fact = Zeroizing::new(fact.map_err(|_| WireError::Invalid("length"))?);
                Fact::from_bytes(&fact)
            }
            Some((form, _)) => Err(WireError::FutureVersion((*form).into())),
            None => Err(WireError::Invalid("length")),
        }
    }
}

impl SealedPacket {
    /// Checks that the device signed it: its name is that of the key.
    pub fn verify(&self, signing: &PublicKey) -> Result<(), WireError> {
        if DeviceId::of(signing) != self.device {
            return Err(WireError::BadSignature);
        }
        signing
            .verify(Context::Packet, &self.message(8).finish(), &self.signature)
            .map_err(|_| WireError::BadSignature)
    }

    /// The packet alone, as an outbox stores it.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.message(9).bytes(&self.signature).finish()
    }

    /// Reads a packet that stands alone.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        reader.array_of(9)?;
        demand_version(reader.unsigned()?)?;
        let packet = Self {
            device: DeviceId(reader.fixed()?),
            id: PacketId::from_bytes(reader.fixed()?).map_err(|_| WireError::Invalid("packet id"))?,
            sequence: read_sequence(&mut reader)?,
            envelope: Envelope {
                kid: Kid(reader.fixed()?),
                enc: reader.fixed()?,
            },
            place: reader.unsigned_32()?,
            ciphertext: reader.bytes(MAX_CIPHERTEXT)?.to_vec(),
            signature: reader.fixed()?,
        };
        reader.end()?;
        Ok(packet)
    }

    /// The first 8 items of an array of `items`.
    fn message(&self, items: usize) -> Writer {
        Writer::new()
            .array(items)
            .unsigned(super::VERSION.into())
            .bytes(&self.device.0)
            .bytes(&self.id.to_bytes())
            .unsigned(self.sequence)
            .bytes(&self.envelope.kid.0)
            .bytes(&self.envelope.enc)
            .unsigned(self.place.into())
            .bytes(&self.ciphertext)
    }
}

/// A sequence counts from 1 and fits the databases' signed 64 bits.
pub(super) fn read_sequence(reader: &mut Reader<'_>) -> Result<u64, WireError> {
    let sequence = reader.unsigned()?;
    if sequence == 0 || i64::try_from(sequence).is_err() {
        return Err(WireError::Invalid("sequence"));
    }
    Ok(sequence)
}

fn plaintext(fact: &[u8]) -> Result<Zeroizing<Vec<u8>>, WireError> {
    if fact.len() > fact::MAX_BYTES {
        return Err(WireError::Invalid("length"));
    }
    // A context must not be tried out by whoever can choose part of a fact: each is compressed alone, none with another.
    let compressed = (fact.len() >= WORTH_COMPRESSING)
        .then(|| zstd::bulk::compress(fact, 19).ok())
        .flatten()
        .filter(|compressed| compressed.len() < fact.len());
    Ok(Zeroizing::new(match compressed {
        Some(compressed) => [&[1], &compressed[..]].concat(),
        None => [&[0], fact].concat(),
    }))
}

fn key_of(
    export: impl FnOnce(&[u8], &mut [u8]) -> Result<(), hpke::HpkeError>,
    place: u32,
) -> Result<Secret<32>, WireError> {
    let mut key = Zeroizing::new([0; 32]);
    let context = [KEY, &place.to_be_bytes()].concat();
    export(&context, key.as_mut_slice()).map_err(|_| WireError::BadKey)?;
    Ok(Secret::take(&mut key))
}

fn info(device: DeviceId) -> Vec<u8> {
    [INFO, &device.0].concat()
}

fn associated(device: DeviceId, id: PacketId, sequence: u64) -> Vec<u8> {
    Writer::new()
        .array(3)
        .bytes(&device.0)
        .bytes(&id.to_bytes())
        .unsigned(sequence)
        .finish()
}
