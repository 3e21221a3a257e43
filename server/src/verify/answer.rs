//! What the public is told of a card: whether it counts and for which campaign. Never who holds it.

use std::sync::Arc;

use jiff::civil::Date;

/// The verdict of the server, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Genuine and in force.
    Valid,
    /// Genuine, and counts no longer.
    Revoked,
    /// Genuine, and past its date.
    Expired,
    /// A genuine card of a lot that nobody holds yet.
    Blank,
    /// Nothing that is known here, a card or not.
    Unknown,
    /// It names a key of ours, which did not sign it.
    Forged,
}

impl Outcome {
    /// Every verdict.
    pub const ALL: [Self; 6] = [
        Self::Valid,
        Self::Revoked,
        Self::Expired,
        Self::Blank,
        Self::Unknown,
        Self::Forged,
    ];

    /// The verdict in one word, for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Blank => "blank",
            Self::Unknown => "unknown",
            Self::Forged => "forged",
        }
    }
}

/// What the public may know of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Face {
    /// Its row; 0 where scans of it are not counted by campaign.
    pub counted_as: i64,
    /// Its prefix, which stands on its cards.
    pub prefix: String,
    /// The public name of its programme; a sensitive one has a neutral name.
    pub programme: Option<String>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The verdict.
    pub outcome: Outcome,
    /// The campaign, when the card is genuine and has one.
    pub campaign: Option<Arc<Face>>,
    /// The day of issue.
    pub issued: Option<Date>,
    /// The first day on which it is no longer valid.
    pub expires: Option<Date>,
    /// The day on which it was revoked.
    pub revoked: Option<Date>,
}

impl Answer {
    /// An answer that says nothing besides the verdict.
    pub(super) const fn bare(outcome: Outcome) -> Self {
        Self {
            outcome,
            campaign: None,
            issued: None,
            expires: None,
            revoked: None,
        }
    }

    /// The answer for programs.
    pub fn report(&self) -> Report<'_> {
        let campaign = self.campaign.as_deref();
        Report {
            verdict: self.outcome.name(),
            valid: self.outcome == Outcome::Valid,
            campaign: campaign.map(|face| face.prefix.as_str()),
            programme: campaign.and_then(|face| face.programme.as_deref()),
            issued: self.issued,
            expires: self.expires,
            revoked: self.revoked,
        }
    }
}

/// The verdict on a card
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
#[schema(as = CardVerdict)]
pub struct Report<'a> {
    /// `valid`, `revoked`, `expired`, `blank` (genuine, nobody holds it yet), `unknown` (no card that is known here, or
    /// no card at all) or `forged` (it names a key that did not sign it)
    #[schema(value_type = String, example = "valid")]
    pub verdict: &'static str,
    /// Whether the card may be served
    pub valid: bool,
    /// Prefix of the campaign; null when the card is not genuine or has none
    #[schema(value_type = Option<String>, example = "POLIO26")]
    pub campaign: Option<&'a str>,
    /// Public name of the campaign's programme, where there is one
    #[schema(value_type = Option<String>)]
    pub programme: Option<&'a str>,
    /// Day of issue
    #[schema(value_type = Option<String>, format = Date)]
    pub issued: Option<Date>,
    /// First day on which the card is no longer valid
    #[schema(value_type = Option<String>, format = Date)]
    pub expires: Option<Date>,
    /// Day on which the card was revoked
    #[schema(value_type = Option<String>, format = Date)]
    pub revoked: Option<Date>,
}
