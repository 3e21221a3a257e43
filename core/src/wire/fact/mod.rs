//! Facts: what was done on a phone, in deterministic CBOR.
//!
//! ```text
//! fact       = [ at (seconds since 1970-01-01 by the phone's clock), user, kind, version, body ]
//! 1 registered  = [ MPI id / null, program / null, person, consent, same: MPI id / null, [ distinct: MPI id ... ] ]
//! 2 corrected   = [ subject, person ]
//! 3 card bound       = [ card, subject ]
//! 4 card handed over = [ card, subject / null ]
//! 5 card replaced    = [ lost: card / null, new: card, subject, reason ]
//! 6 card revoked     = [ card, reason ]
//! 7 served      = [ card / null, subject / null, program, round, holder check ]
//! 8 declined    = [ program / null, consent ]
//! subject    = [ 0, MPI id ] / [ 1, packet id ]
//! card       = [ 0, SHA-256 of the token ] / [ 1, card code ]
//! person     = [ given, family, birth, sex, [ country, region, district, commune, village ],
//!                [ [ system, value ] ... ], phone / null, mother / null, household / null ]
//! consent    = [ text, version, language, how ]
//! ```
//! Users and programs are the server's numbers, which the phone got when it was enrolled. A fact is written once and never
//! changed; what was wrong is put right by another fact.

mod card;
mod person;
mod registered;
mod served;

pub use card::{CardRef, Reason, Subject};
pub use registered::{Consent, Given, Registered};
pub use served::{HolderCheck, Served};

use jiff::Timestamp;

use super::WireError;
use crate::card::cbor::{Reader, Writer};
use crate::person::{Demographics, MpiId};

/// The longest fact, bytes.
pub const MAX_BYTES: usize = 32 << 10;

const BODY_VERSION: u64 = 1;

/// What was done, by whom, and when by the phone's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// When the phone believed it was, to the second.
    pub at: Timestamp,
    /// Who did it: the server's number of the user.
    pub user: u64,
    /// What was done.
    pub body: Body,
}

/// What was done.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// A person was registered.
    Registered(Box<Registered>),
    /// A person's data were put right: this is how they stand now.
    Corrected {
        /// Whose.
        subject: Subject,
        /// The whole record.
        person: Box<Demographics>,
    },
    /// A blank card was given to a person by scanning it.
    CardBound {
        /// The blank card.
        card: CardRef,
        /// Who holds it from now on.
        subject: Subject,
    },
    /// A printed card reached its holder.
    CardHandedOver {
        /// The card.
        card: CardRef,
        /// Who took it, where that is known.
        subject: Option<Subject>,
    },
    /// A lost or damaged card gave way to a blank one; the old one is revoked.
    CardReplaced {
        /// The old card, where it is known; else every card of the person in the same campaign or lot is meant.
        lost: Option<CardRef>,
        /// The blank card that takes its place.
        new: CardRef,
        /// Whose.
        subject: Subject,
        /// Why.
        reason: Reason,
    },
    /// A card shall not be accepted any more.
    CardRevoked {
        /// The card.
        card: CardRef,
        /// Why.
        reason: Reason,
    },
    /// Someone was given what a program gives.
    Served(Served),
    /// Someone declined to be registered. Nothing about them is kept.
    Declined {
        /// In which program.
        program: Option<u64>,
        /// The text that was read to them.
        consent: Consent,
    },
}

impl Body {
    /// What kind of fact it is, in one word.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Registered(_) => "registered",
            Self::Corrected { .. } => "corrected",
            Self::CardBound { .. } => "card_bound",
            Self::CardHandedOver { .. } => "card_handed_over",
            Self::CardReplaced { .. } => "card_replaced",
            Self::CardRevoked { .. } => "card_revoked",
            Self::Served(_) => "served",
            Self::Declined { .. } => "declined",
        }
    }

    /// The number that stands for the kind.
    pub const fn kind(&self) -> u64 {
        match self {
            Self::Registered(_) => 1,
            Self::Corrected { .. } => 2,
            Self::CardBound { .. } => 3,
            Self::CardHandedOver { .. } => 4,
            Self::CardReplaced { .. } => 5,
            Self::CardRevoked { .. } => 6,
            Self::Served(_) => 7,
            Self::Declined { .. } => 8,
        }
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}([withheld])", self.name())
    }
}

impl Fact {
    /// The fact's bytes. The same fact always gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let head = Writer::new()
            .array(5)
            .integer(self.at.as_second())
            .unsigned(self.user)
            .unsigned(self.body.kind())
            .unsigned(BODY_VERSION);
        write_body(head, &self.body).finish()
    }

    /// Reads a fact's bytes. A kind or version of a later program is [`WireError::FutureVersion`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > MAX_BYTES {
            return Err(WireError::Invalid("length"));
        }
        let mut reader = Reader::new(bytes);
        reader.array_of(5)?;
        let at = Timestamp::from_second(reader.integer()?).map_err(|_| WireError::Invalid("time"))?;
        let user = reader.unsigned()?;
        let kind = reader.unsigned()?;
        match reader.unsigned()? {
            BODY_VERSION => {}
            version => return Err(WireError::FutureVersion(version)),
        }
        let body = read_body(&mut reader, kind)?;
        reader.end()?;
        Ok(Self { at, user, body })
    }
}

fn write_body(writer: Writer, body: &Body) -> Writer {
    match body {
        Body::Registered(registered) => registered::write(writer, registered),
        Body::Corrected { subject, person } => {
            person::write(card::write_subject(writer.array(2), subject), person)
        }
        Body::CardBound { card, subject } => {
            card::write_subject(card::write_card(writer.array(2), card), subject)
        }
        Body::CardHandedOver { card, subject } => {
            let writer = card::write_card(writer.array(2), card);
            optional(writer, subject.as_ref(), card::write_subject)
        }
        Body::CardReplaced {
            lost,
            new,
            subject,
            reason,
        } => {
            let writer = optional(writer.array(4), lost.as_ref(), card::write_card);
            card::write_subject(card::write_card(writer, new), subject).unsigned(reason.number())
        }
        Body::CardRevoked { card, reason } => {
            card::write_card(writer.array(2), card).unsigned(reason.number())
        }
        Body::Served(served) => served::write(writer, served),
        Body::Declined { program, consent } => {
            let writer = optional(writer.array(2), program.as_ref(), |w, program| {
                w.unsigned(*program)
            });
            registered::write_consent(writer, consent)
        }
    }
}

fn read_body(reader: &mut Reader<'_>, kind: u64) -> Result<Body, WireError> {
    Ok(match kind {
        1 => Body::Registered(Box::new(registered::read(reader)?)),
        2 => {
            reader.array_of(2)?;
            Body::Corrected {
                subject: card::read_subject(reader)?,
                person: Box::new(person::read(reader)?),
            }
        }
        3 => {
            reader.array_of(2)?;
            Body::CardBound {
                card: card::read_card(reader)?,
                subject: card::read_subject(reader)?,
            }
        }
        4 => {
            reader.array_of(2)?;
            Body::CardHandedOver {
                card: card::read_card(reader)?,
                subject: maybe(reader, card::read_subject)?,
            }
        }
        5 => {
            reader.array_of(4)?;
            Body::CardReplaced {
                lost: maybe(reader, card::read_card)?,
                new: card::read_card(reader)?,
                subject: card::read_subject(reader)?,
                reason: Reason::read(reader)?,
            }
        }
        6 => {
            reader.array_of(2)?;
            Body::CardRevoked {
                card: card::read_card(reader)?,
                reason: Reason::read(reader)?,
            }
        }
        7 => Body::Served(served::read(reader)?),
        8 => {
            reader.array_of(2)?;
            Body::Declined {
                program: maybe(reader, |reader| Ok(reader.unsigned()?))?,
                consent: registered::read_consent(reader)?,
            }
        }
        later => return Err(WireError::FutureVersion(later)),
    })
}

fn optional<T: ?Sized>(
    writer: Writer,
    value: Option<&T>,
    write: impl FnOnce(Writer, &T) -> Writer,
) -> Writer {
    match value {
        None => writer.null(),
        Some(value) => write(writer, value),
    }
}

fn maybe<'a, T>(
    reader: &mut Reader<'a>,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, WireError>,
) -> Result<Option<T>, WireError> {
    if reader.null() {
        Ok(None)
    } else {
        read(reader).map(Some)
    }
}

fn read_mpi(reader: &mut Reader<'_>) -> Result<MpiId, WireError> {
    let text = reader.text(18)?;
    // Parsing forgives how an id is typed; a fact has one form.
    let id = MpiId::parse(text).ok().filter(|id| id.as_str() == text);
    id.ok_or(WireError::Invalid("MPI id"))
}
