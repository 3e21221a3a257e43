//! A registration, and the consent that came with it.

use super::{WireError, maybe, optional, person, read_mpi};
use crate::card::cbor::{Reader, Writer};
use crate::person::{Demographics, MpiId};

/// The longest name of a consent text, and of a language tag, bytes.
const MAX_NAME: usize = 64;

/// The most identities that an agent looked at and told apart.
const MAX_DISTINCT: usize = 10;

/// A person who was registered on a phone.
#[derive(Clone, PartialEq, Eq)]
pub struct Registered {
    /// The number that the phone gave from its pool; none when the pool was empty.
    pub mpi: Option<MpiId>,
    /// The program in which the person takes part from now on: the server's number.
    pub program: Option<u64>,
    /// What was typed.
    pub person: Demographics,
    /// What the person agreed to.
    pub consent: Consent,
    /// Whom the agent said it is, of those that the phone showed as alike.
    pub same: Option<MpiId>,
    /// Whom the agent said it is not.
    pub distinct: Vec<MpiId>,
}

impl std::fmt::Debug for Registered {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Registered([withheld])")
    }
}

/// What a person agreed to, and how they said so.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Consent {
    /// Which text.
    pub text: String,
    /// Which version of it.
    pub version: u32,
    /// In which language it was read: a BCP 47 tag such as `wo`.
    pub language: String,
    /// How it was given.
    pub how: Given,
}

/// How consent was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Given {
    /// Aloud.
    Spoken,
    /// By signature.
    Signed,
    /// By a fingerprint on paper; it is not recorded.
    Thumbprint,
    /// By a parent or guardian.
    Guardian,
}

impl Given {
    /// Every way, in the order of the number that stands for it (from 1).
    pub const ALL: [Self; 4] = [Self::Spoken, Self::Signed, Self::Thumbprint, Self::Guardian];
}

pub(super) fn write(writer: Writer, registered: &Registered) -> Writer {
    let mpi = |writer: Writer, id: &MpiId| writer.text(id.as_str());
    let writer = optional(writer.array(6), registered.mpi.as_ref(), mpi);
    let writer = optional(writer, registered.program.as_ref(), |w, program| {
        w.unsigned(*program)
    });
    let writer = write_consent(person::write(writer, &registered.person), &registered.consent);
    let writer = optional(writer, registered.same.as_ref(), mpi).array(registered.distinct.len());
    registered.distinct.iter().fold(writer, mpi)
}

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Registered, WireError> {
    reader.array_of(6)?;
    let mpi = maybe(reader, read_mpi)?;
    let program = maybe(reader, |reader| Ok(reader.unsigned()?))?;
    let (person, consent) = (person::read(reader)?, read_consent(reader)?);
    let same = maybe(reader, read_mpi)?;
    let count = reader.array(MAX_DISTINCT)?;
    let distinct = (0..count).map(|_| read_mpi(reader)).collect::<Result<_, _>>()?;
    Ok(Registered {
        mpi,
        program,
        person,
        consent,
        same,
        distinct,
    })
}

pub(super) fn write_consent(writer: Writer, consent: &Consent) -> Writer {
    writer
        .array(4)
        .text(&consent.text)
        .unsigned(consent.version.into())
        .text(&consent.language)
        .unsigned(consent.how as u64 + 1)
}

pub(super) fn read_consent(reader: &mut Reader<'_>) -> Result<Consent, WireError> {
    reader.array_of(4)?;
    let text = reader.text(MAX_NAME)?.to_owned();
    let version = reader.unsigned_32()?;
    let language = reader.text(MAX_NAME)?.to_owned();
    let how = reader.unsigned()?;
    let how = Given::ALL.into_iter().find(|given| *given as u64 + 1 == how);
    Ok(Consent {
        text,
        version,
        language,
        how: how.ok_or(WireError::Invalid("way of consenting"))?,
    })
}
