//! An agent's work: registering people, giving and replacing cards, and what the server said to it.

use teranga_core::person::MpiId;
use teranga_core::register::{self, Saved};
use teranga_core::wire::fact::{self, Given};
use teranga_core::wire::receipt::Outcome;
use teranga_core::wire::{PacketId, enroll};

use crate::error::TerangaError;
use crate::find::PersonRef;
use crate::person::Person;

/// What a person agreed to, and how they said so.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Consent {
    /// Which text, of [`PhoneSetup::consents`].
    pub text: String,
    /// Which version of it.
    pub version: u32,
    /// In which language it was read: a BCP 47 tag.
    pub language: String,
    /// How it was given.
    pub how: ConsentGiven,
}

/// How consent was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ConsentGiven {
    /// Aloud.
    Spoken,
    /// By signature.
    Signed,
    /// By a fingerprint on paper; it is not recorded.
    Thumbprint,
    /// By a parent or guardian.
    Guardian,
}

/// A person who is about to be registered.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Draft {
    /// What was typed.
    pub person: Person,
    /// The program in which they take part: the server's number.
    pub program: Option<u64>,
    /// What they agreed to.
    pub consent: Consent,
    /// The MPI id of whom the agent said it is, of those that were shown as duplicates.
    pub same: Option<String>,
    /// The MPI ids of whom the agent said it is not.
    pub distinct: Vec<String>,
}

/// A registration that is safe on the disk.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Registration {
    /// Under which name the phone knows the person.
    pub who: PersonRef,
    /// The person's final MPI id; none when the pool was empty: then the receipt brings it.
    pub mpi_id: Option<String>,
}

/// Why a card is replaced or revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum CardReason {
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

/// How it was made sure that the card's holder stood there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum HolderCheck {
    /// Not at all.
    None,
    /// They said their name, and it was the right one.
    Name,
    /// Their face is that of the photograph.
    Photo,
}

/// One thing that was done on this phone.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct WorkRecord {
    /// Its packet's UUID.
    pub packet: String,
    /// What kind of fact it is, in one word: `registered`, `corrected`, `card_bound` ...
    pub kind: String,
    /// Its number on this device.
    pub sequence: u64,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// By whom: the server's number.
    pub user: u64,
    /// Of a registration or correction: the person.
    pub person: Option<Person>,
    /// The person's MPI id, where there is one.
    pub mpi_id: Option<String>,
    /// The number that the phone gave, when the server found another for the person. Both lead to them.
    pub given_mpi_id: Option<String>,
    /// What the server said; none while it was not asked.
    pub outcome: Option<WorkOutcome>,
}

/// What the server said to a piece of work.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum WorkOutcome {
    /// It was done. For a registration: a new identity.
    Accepted,
    /// The person was known.
    Linked,
    /// A reviewer decides whether the person is known.
    Review,
    /// It was not done and will not be.
    Refused {
        /// In one word, for programs.
        code: String,
        /// Why, in the server's words.
        why: String,
        /// What to do about it, in the server's words.
        action: String,
    },
    /// It was kept aside for a supervisor, because the device is revoked.
    Kept,
    /// It was not taken yet, and is sent again.
    Later {
        /// Why, in the server's words.
        why: String,
    },
}

/// What the phone works for, and how.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PhoneSetup {
    /// The organization's name.
    pub organization: String,
    /// The phone's name for people.
    pub name: String,
    /// Where it works; empty levels: everywhere below.
    pub area: crate::person::Place,
    /// Who may use it.
    pub users: Vec<crate::session::PhoneUser>,
    /// What it works for.
    pub programs: Vec<PhoneProgram>,
    /// Texts that are read before someone is registered.
    pub consents: Vec<ConsentText>,
    /// Seconds without a touch until it locks.
    pub lock_after_seconds: u32,
}

/// What a phone works for.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PhoneProgram {
    /// The server's number.
    pub id: u64,
    /// Short name.
    pub code: String,
    /// Name for the public.
    pub name: String,
    /// The prefixes of its campaigns.
    pub campaigns: Vec<String>,
    /// How the holder of a card is checked.
    pub check: HolderCheck,
}

/// A text that is read before someone is registered.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ConsentText {
    /// Which text.
    pub text: String,
    /// Which version of it.
    pub version: u32,
    /// BCP 47.
    pub language: String,
    /// What is read.
    pub words: String,
}

impl From<Consent> for fact::Consent {
    fn from(consent: Consent) -> Self {
        Self {
            text: consent.text,
            version: consent.version,
            language: consent.language,
            how: match consent.how {
                ConsentGiven::Spoken => Given::Spoken,
                ConsentGiven::Signed => Given::Signed,
                ConsentGiven::Thumbprint => Given::Thumbprint,
                ConsentGiven::Guardian => Given::Guardian,
            },
        }
    }
}

impl TryFrom<Draft> for register::Draft {
    type Error = TerangaError;

    fn try_from(draft: Draft) -> Result<Self, TerangaError> {
        let number = |text: String| MpiId::parse(&text);
        Ok(Self {
            person: draft.person.try_into()?,
            program: draft.program,
            consent: draft.consent.into(),
            same: draft.same.map(number).transpose()?,
            distinct: draft.distinct.into_iter().map(number).collect::<Result<_, _>>()?,
        })
    }
}

impl From<Saved> for Registration {
    fn from(saved: Saved) -> Self {
        Self {
            who: saved.who().into(),
            mpi_id: saved.mpi.map(|id| id.to_string()),
        }
    }
}

impl From<CardReason> for fact::Reason {
    fn from(reason: CardReason) -> Self {
        match reason {
            CardReason::Lost => Self::Lost,
            CardReason::Stolen => Self::Stolen,
            CardReason::Damaged => Self::Damaged,
            CardReason::Mistake => Self::Mistake,
            CardReason::Objection => Self::Objection,
        }
    }
}

impl From<HolderCheck> for fact::HolderCheck {
    fn from(check: HolderCheck) -> Self {
        match check {
            HolderCheck::None => Self::None,
            HolderCheck::Name => Self::Name,
            HolderCheck::Photo => Self::Photo,
        }
    }
}

impl From<fact::HolderCheck> for HolderCheck {
    fn from(check: fact::HolderCheck) -> Self {
        match check {
            fact::HolderCheck::None => Self::None,
            fact::HolderCheck::Name => Self::Name,
            fact::HolderCheck::Photo => Self::Photo,
        }
    }
}

impl From<(PacketId, register::Record)> for WorkRecord {
    fn from((packet, record): (PacketId, register::Record)) -> Self {
        Self {
            packet: packet.to_string(),
            kind: record.kind,
            sequence: record.sequence,
            at_ms: record.at.as_millisecond(),
            user: record.user,
            person: record.person.map(|person| (*person).into()),
            mpi_id: record.mpi.map(|id| id.to_string()),
            given_mpi_id: record.given.map(|id| id.to_string()),
            outcome: record.outcome.map(Into::into),
        }
    }
}

impl From<Outcome> for WorkOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Accepted => Self::Accepted,
            Outcome::Linked => Self::Linked,
            Outcome::Review => Self::Review,
            Outcome::Refused { code, why, action } => Self::Refused { code, why, action },
            Outcome::Kept => Self::Kept,
            Outcome::Later { why } => Self::Later { why },
        }
    }
}

impl From<enroll::Setup> for PhoneSetup {
    fn from(setup: enroll::Setup) -> Self {
        Self {
            organization: setup.organisation,
            name: setup.name,
            area: setup.area.into(),
            users: setup.users.into_iter().map(Into::into).collect(),
            programs: setup.programs.into_iter().map(Into::into).collect(),
            consents: setup.consents.into_iter().map(Into::into).collect(),
            lock_after_seconds: setup.policy.lock_after_seconds,
        }
    }
}

impl From<enroll::Program> for PhoneProgram {
    fn from(program: enroll::Program) -> Self {
        Self {
            id: program.id,
            code: program.code,
            name: program.name,
            campaigns: program.campaigns,
            check: program.check.into(),
        }
    }
}

impl From<enroll::ConsentText> for ConsentText {
    fn from(text: enroll::ConsentText) -> Self {
        Self {
            text: text.text,
            version: text.version,
            language: text.language,
            words: text.words,
        }
    }
}
