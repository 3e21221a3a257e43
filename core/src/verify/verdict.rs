//! What can be said of a card.

use jiff::civil::Date;

use super::knowledge::Knowledge;
use crate::card::key::{Kid, Purpose};
use crate::card::text::TextError;

/// A finding and how old the knowledge behind it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What was found.
    pub finding: Finding,
    /// How old the knowledge is, and whether the device's clock can be trusted.
    pub knowledge: Knowledge,
}

/// What was found, in the order in which it is looked for: the first that applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Not our payload, or a damaged one; the error says which.
    NotACard(TextError),
    /// Signed with a key that this phone does not know: another organisation's, or a newer one. Never called forged.
    Unknown(ForeignOrStale),
    /// The key is known and did not sign this.
    Forged(Kid),
    /// Nothing can be proved offline.
    CheckOnline(CheckOnline),
    /// Revoked, alone or with its lot.
    Revoked {
        /// The day of the list or delta that says so: revoked on that day or before.
        by: Date,
        /// The card.
        card: GenuineCard,
    },
    /// Past its date.
    Expired(GenuineCard),
    /// Genuine, but not for the campaign that the post serves.
    WrongCampaign(GenuineCard),
    /// A genuine card of a lot, with no holder known to this phone.
    Blank(GenuineCard),
    /// Genuine, and issued after the day that the newest list covers: only deltas were asked.
    ValidNewerThanList(GenuineCard),
    /// All good.
    Valid(GenuineCard),
}

/// Why a card is unknown here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignOrStale {
    /// Its key is not in the trust list.
    Key(Kid),
    /// The typed number is well-formed and not in the list of this phone's area.
    Number,
}

/// Why only the server can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckOnline {
    /// The key that signed it is marked compromised.
    CompromisedKey(Kid),
    /// It claims a date of issue outside of its key's period, on which the organisation signed nothing.
    OutsideKeyPeriod(Kid),
    /// A token of the older form, without a signature, that no list of this phone holds.
    OlderForm,
}

/// A genuine card: what it is for and when it is valid. Nothing about its holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenuineCard {
    /// The prefix of its campaign; none for a card of a lot whose campaign this phone does not know.
    pub campaign: Option<String>,
    /// The number of its lot, for cards that were printed blank.
    pub lot: Option<String>,
    /// When it was issued.
    pub issued: Date,
    /// The first day on which it is no longer valid.
    pub expires: Date,
}

impl Finding {
    /// The finding in one word, for logs, JSON and exit statuses.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotACard(_) => "not_a_card",
            Self::Unknown(_) => "unknown",
            Self::Forged(_) => "forged",
            Self::CheckOnline(_) => "check_online",
            Self::Revoked { .. } => "revoked",
            Self::Expired(_) => "expired",
            Self::WrongCampaign(_) => "wrong_campaign",
            Self::Blank(_) => "blank",
            Self::ValidNewerThanList(_) => "valid_newer_than_list",
            Self::Valid(_) => "valid",
        }
    }

    /// Whether the card may be served.
    pub const fn is_valid(&self) -> bool {
        matches!(self, Self::Valid(_) | Self::ValidNewerThanList(_))
    }

    /// The card, when it is genuine.
    pub const fn card(&self) -> Option<&GenuineCard> {
        match self {
            Self::Revoked { card, .. }
            | Self::Expired(card)
            | Self::WrongCampaign(card)
            | Self::Blank(card)
            | Self::ValidNewerThanList(card)
            | Self::Valid(card) => Some(card),
            Self::NotACard(_) | Self::Unknown(_) | Self::Forged(_) | Self::CheckOnline(_) => None,
        }
    }
}

/// The purpose whose keys sign cards; every other key on the list is as wrong for a card as a bad signature.
pub(crate) const CARD_PURPOSE: Purpose = Purpose::Issuer;
