//! Cards and people as facts name them.

use super::{WireError, read_mpi};
use crate::card::cbor::{Reader, Writer};
use crate::card::code::CardCode;
use crate::person::MpiId;
use crate::wire::PacketId;

/// Whom a fact is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The person of a number.
    Mpi(MpiId),
    /// The person whom an earlier packet of the same device registered, and who has no number yet.
    Registration(PacketId),
}

/// A card, without its token, which whoever reads a fact could print again.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum CardRef {
    /// SHA-256 of the token, as scanned.
    Token([u8; 32]),
    /// The printed code, as typed.
    Code(CardCode),
}

impl std::fmt::Debug for CardRef {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Token(_) => "Token([withheld])",
            Self::Code(_) => "Code([withheld])",
        })
    }
}

/// Why a card is revoked or replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// Its holder no longer has it.
    Lost,
    /// It was taken.
    Stolen,
    /// It can no longer be read.
    Damaged,
    /// It was printed or bound wrongly.
    Mistake,
    /// Its holder objects.
    Objection,
}

impl Reason {
    /// Every reason, in the order of the number that stands for it (from 1).
    pub const ALL: [Self; 5] = [
        Self::Lost,
        Self::Stolen,
        Self::Damaged,
        Self::Mistake,
        Self::Objection,
    ];

    /// The reason in one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Stolen => "stolen",
            Self::Damaged => "damaged",
            Self::Mistake => "mistake",
            Self::Objection => "objection",
        }
    }

    pub(super) const fn number(self) -> u64 {
        self as u64 + 1
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let number = reader.unsigned()?;
        let reason = Self::ALL.into_iter().find(|reason| reason.number() == number);
        reason.ok_or(WireError::Invalid("reason"))
    }
}

pub(super) fn write_subject(writer: Writer, subject: &Subject) -> Writer {
    match subject {
        Subject::Mpi(id) => writer.array(2).unsigned(0).text(id.as_str()),
        Subject::Registration(packet) => writer.array(2).unsigned(1).bytes(&packet.to_bytes()),
    }
}

pub(super) fn read_subject(reader: &mut Reader<'_>) -> Result<Subject, WireError> {
    reader.array_of(2)?;
    match reader.unsigned()? {
        0 => read_mpi(reader).map(Subject::Mpi),
        1 => {
            let packet = PacketId::from_bytes(reader.fixed()?);
            packet
                .map(Subject::Registration)
                .map_err(|_| WireError::Invalid("packet id"))
        }
        _ => Err(WireError::Invalid("subject")),
    }
}

pub(super) fn write_card(writer: Writer, card: &CardRef) -> Writer {
    match card {
        CardRef::Token(hash) => writer.array(2).unsigned(0).bytes(hash),
        CardRef::Code(code) => writer.array(2).unsigned(1).text(code.as_str()),
    }
}

pub(super) fn read_card(reader: &mut Reader<'_>) -> Result<CardRef, WireError> {
    reader.array_of(2)?;
    match reader.unsigned()? {
        0 => Ok(CardRef::Token(reader.fixed()?)),
        1 => {
            let text = reader.text(32)?;
            let code = CardCode::parse(text).ok().filter(|code| code.as_str() == text);
            code.map(CardRef::Code).ok_or(WireError::Invalid("card code"))
        }
        _ => Err(WireError::Invalid("card")),
    }
}
