//! What a program gave someone.

use super::{CardRef, Subject, WireError, card, maybe, optional};
use crate::card::cbor::{Reader, Writer};

/// The longest name of a round, bytes.
const MAX_ROUND: usize = 64;

/// Someone was given what a program gives: a dose, a net, a ration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The card that was shown.
    pub card: Option<CardRef>,
    /// Who, where the phone knew it.
    pub subject: Option<Subject>,
    /// By which program: the server's number.
    pub program: u64,
    /// In which round: the program's own word, such as `2026-11`.
    pub round: String,
    /// How it was made sure that the card's holder stood there.
    pub check: HolderCheck,
}

/// How it was made sure that the card's holder stood there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HolderCheck {
    /// Not at all.
    None,
    /// They said their name, and it was the right one.
    Name,
    /// Their face is that of the photograph.
    Photo,
}

impl HolderCheck {
    /// Every way, in the order of the number that stands for it (from 0).
    pub const ALL: [Self; 3] = [Self::None, Self::Name, Self::Photo];
}

pub(super) fn write(writer: Writer, served: &Served) -> Writer {
    let writer = optional(writer.array(5), served.card.as_ref(), card::write_card);
    optional(writer, served.subject.as_ref(), card::write_subject)
        .unsigned(served.program)
        .text(&served.round)
        .unsigned(served.check as u64)
}

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Served, WireError> {
    reader.array_of(5)?;
    let card = maybe(reader, card::read_card)?;
    let subject = maybe(reader, card::read_subject)?;
    if card.is_none() && subject.is_none() {
        return Err(WireError::Invalid("holder"));
    }
    let (program, round) = (reader.unsigned()?, reader.text(MAX_ROUND)?.to_owned());
    let check = reader.unsigned()?;
    let check = HolderCheck::ALL.into_iter().find(|known| *known as u64 == check);
    Ok(Served {
        card,
        subject,
        program,
        round,
        check: check.ok_or(WireError::Invalid("holder check"))?,
    })
}
