//! What a phone says of a card.

use std::sync::Arc;

use teranga_core::engine;
use teranga_core::scan::{Seen, ServedNote};
use teranga_core::verify::{CheckOnline, Finding, ForeignOrStale};

use crate::decode::ScanAdvice;

/// What the post works for.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct Post {
    /// The prefix of its campaign; none: any.
    pub campaign: Option<String>,
    /// The program for which something is given out in a round; none: nothing is.
    pub program: Option<u64>,
    /// The round, in the program's own words. Counts only with a program.
    pub round: Option<String>,
}

/// The verdict in one word, in the order in which it is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum CardFinding {
    /// Not one of our cards, or a damaged one.
    NotACard,
    /// Signed with a key that this phone does not know: another organization's, or a newer one.
    UnknownKey,
    /// A typed number that is not in the list of this phone's area.
    UnknownNumber,
    /// Made by somebody who does not hold the key.
    Forged,
    /// Its key was stolen, or its date is one on which nothing was signed: only the server can say.
    CheckOnline,
    /// Revoked, alone or with its lot.
    Revoked,
    /// Past its date.
    Expired,
    /// Genuine, and for another campaign than the post's.
    WrongCampaign,
    /// Genuine and blank: nobody holds it yet.
    Blank,
    /// Genuine, and newer than the list: only the deltas were asked.
    ValidNewerThanList,
    /// All good.
    Valid,
}

/// A card that was served before in this round.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ServedBefore {
    /// When first, milliseconds since 1970.
    pub at_ms: i64,
    /// By whom: the server's number.
    pub user: u64,
    /// How often.
    pub times: u32,
}

/// A verdict, and how old what it rests on is. Nothing of a person.
#[derive(uniffi::Record)]
pub struct CardVerdict {
    /// What was found.
    pub finding: CardFinding,
    /// Whether the card may be served.
    pub is_valid: bool,
    /// The prefix of the card's campaign, where the card is genuine and says so.
    pub campaign: Option<String>,
    /// The number of its lot, for cards that were printed blank.
    pub lot: Option<String>,
    /// Day of issue, ISO 8601.
    pub issued: Option<String>,
    /// The first day on which it is no longer valid, ISO 8601.
    pub expires: Option<String>,
    /// The day of the list that says that it is revoked, ISO 8601.
    pub revoked_by: Option<String>,
    /// When the newest list was signed, milliseconds since 1970; none without any.
    pub list_as_of_ms: Option<i64>,
    /// Whole days since then.
    pub list_age_days: Option<u32>,
    /// The next list was to be expected before now, or there is none: amber.
    pub list_overdue: bool,
    /// The phone's clock is behind what a server signed: set it right.
    pub clock_behind: bool,
    /// The card was served in this round on this phone already.
    pub served_before: Option<ServedBefore>,
    /// What was seen, for binding, replacing or handing over.
    pub card: Arc<SeenCard>,
}

/// A card that was seen. It does not print.
#[derive(Debug, uniffi::Object)]
pub struct SeenCard(pub(crate) Seen);

/// What a frame has brought.
#[derive(uniffi::Record)]
pub struct FrameResult {
    /// The verdict, if a code was read.
    pub verdict: Option<CardVerdict>,
    /// What would help, if none was.
    pub advice: Option<ScanAdvice>,
}

impl From<Post> for engine::Post {
    fn from(post: Post) -> Self {
        Self {
            campaign: post.campaign,
            round: post.program.zip(post.round),
        }
    }
}

impl From<&Finding> for CardFinding {
    fn from(finding: &Finding) -> Self {
        match finding {
            Finding::NotACard(_) => Self::NotACard,
            Finding::Unknown(ForeignOrStale::Key(_)) => Self::UnknownKey,
            Finding::Unknown(ForeignOrStale::Number) => Self::UnknownNumber,
            Finding::Forged(_) => Self::Forged,
            Finding::CheckOnline(
                CheckOnline::CompromisedKey(_) | CheckOnline::OutsideKeyPeriod(_) | CheckOnline::OlderForm,
            ) => Self::CheckOnline,
            Finding::Revoked { .. } => Self::Revoked,
            Finding::Expired(_) => Self::Expired,
            Finding::WrongCampaign(_) => Self::WrongCampaign,
            Finding::Blank(_) => Self::Blank,
            Finding::ValidNewerThanList(_) => Self::ValidNewerThanList,
            Finding::Valid(_) => Self::Valid,
        }
    }
}

impl From<ServedNote> for ServedBefore {
    fn from(note: ServedNote) -> Self {
        Self {
            at_ms: note.at.as_millisecond(),
            user: note.user,
            times: note.times,
        }
    }
}

impl From<Seen> for CardVerdict {
    fn from(seen: Seen) -> Self {
        let (finding, knowledge) = (&seen.verdict.finding, &seen.verdict.knowledge);
        let card = finding.card();
        let days = knowledge.age.map(|age| age.as_hours() / 24);
        Self {
            finding: finding.into(),
            is_valid: finding.is_valid(),
            campaign: card.and_then(|card| card.campaign.clone()),
            lot: card.and_then(|card| card.lot.clone()),
            issued: card.map(|card| card.issued.to_string()),
            expires: card.map(|card| card.expires.to_string()),
            revoked_by: match finding {
                Finding::Revoked { by, .. } => Some(by.to_string()),
                _ => None,
            },
            list_as_of_ms: knowledge.as_of.map(|at| at.as_millisecond()),
            list_age_days: days.and_then(|days| u32::try_from(days).ok()),
            list_overdue: knowledge.overdue,
            clock_behind: knowledge.clock_behind,
            served_before: seen.served.map(Into::into),
            card: Arc::new(SeenCard(seen)),
        }
    }
}
