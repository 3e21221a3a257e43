//! On what terms a card is judged and how the answer is given: what `verify` and `scan` ask alike.

use jiff::Timestamp;
use teranga_core::clock;
use teranga_core::verify::ClockFloor;

/// Arguments of a judgement.
#[derive(Debug, clap::Args)]
pub struct Terms {
    /// Prefix of the campaign that is served [default: any]
    #[arg(long)]
    campaign: Option<String>,
    /// Time by which cards are judged, such as 2026-11-24T08:00:00Z [default: now]
    #[arg(long)]
    at: Option<Timestamp>,
    /// Print JSON: one object for a card, a photo or a code on a page
    #[arg(long)]
    pub json: bool,
}

impl Terms {
    /// The campaign that is served, if only one is.
    pub fn campaign(&self) -> Option<&str> {
        self.campaign.as_deref()
    }

    /// The clock by which cards are judged; `trusted` is a time that has certainly passed.
    pub fn clock(&self, trusted: Option<Timestamp>) -> ClockFloor {
        ClockFloor {
            device: self.at.unwrap_or_else(clock::now),
            trusted,
        }
    }
}
