//! The answer on a photo: in words, as JSON, as an exit status.

use serde_json::{Value, json};
use teranga_core::card::text::{self, TextError};
use teranga_core::decode::Advice;
use teranga_core::verify::{Finding, Post, Verdict};
use teranga_core::wallet::PassLink;

use super::look::Sight;
use crate::verify::{command::judge, report};

/// What a photo shows.
pub enum Answer {
    /// A card, and the verdict on it.
    Judged(String, Box<Verdict>),
    /// A card, but nothing is known by which to judge it.
    Unjudged(String),
    /// A code of another maker.
    Foreign(String),
    /// No code, and what would help.
    NoCode(Option<Advice>),
}

impl Answer {
    /// Answers for one of the codes that were seen: a card before a code of another maker.
    pub fn new(sight: &Sight, post: Option<&Post<'_>>) -> Self {
        let card = sight.texts.iter().find(|text| is_ours(text));
        match (card, post) {
            (Some(text), Some(post)) => match judge(text, post) {
                Ok(verdict) => Self::Judged(text.clone(), Box::new(verdict)),
                Err(_) => Self::Foreign(text.clone()),
            },
            (Some(text), None) => Self::Unjudged(text.clone()),
            (None, _) => match sight.texts.first() {
                Some(text) => Self::Foreign(text.clone()),
                None => Self::NoCode(sight.advice),
            },
        }
    }

    /// The text of the code that is answered for.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Judged(text, _) | Self::Unjudged(text) | Self::Foreign(text) => Some(text),
            Self::NoCode(_) => None,
        }
    }

    /// The exit status, as `--help` lists them.
    pub fn status(&self) -> u8 {
        match self {
            Self::Judged(_, verdict) => report::status(&verdict.finding),
            Self::Unjudged(_) => 0,
            Self::Foreign(_) | Self::NoCode(_) => NOT_A_CARD,
        }
    }

    /// In words.
    pub fn words(&self) -> String {
        match self {
            Self::Judged(text, verdict) => format!("{}\n{text}", report::words(verdict)),
            Self::Unjudged(text) => format!("NOT VERIFIED, no bundle and no trust list were given\n{text}"),
            Self::Foreign(text) => format!("NOT OUR CARD\n{text}"),
            Self::NoCode(None) => "NO CODE FOUND".to_owned(),
            Self::NoCode(Some(advice)) => format!("NO CODE FOUND: {}", advice_in_words(*advice)),
        }
    }

    /// As JSON, without the name of the file.
    pub fn object(&self) -> Value {
        let (verdict, campaign, age, reason) = match self {
            Self::Judged(_, verdict) => {
                let card = verdict.finding.card();
                let age = verdict.knowledge.age.map(|age| age.as_hours() / 24);
                let campaign = card.and_then(|card| card.campaign.clone());
                (
                    Some(verdict.finding.name()),
                    campaign,
                    age,
                    reason(&verdict.finding),
                )
            }
            Self::Unjudged(_) => (None, None, None, None),
            Self::Foreign(_) => (Some("not_a_card"), None, None, Some("not our card".to_owned())),
            Self::NoCode(advice) => (
                Some("no_code"),
                None,
                None,
                advice.map(|a| advice_in_words(a).to_owned()),
            ),
        };
        json!({
            "text": self.text(), "verdict": verdict, "campaign": campaign, "list_age_days": age, "reason": reason,
        })
    }
}

/// The status of `verify` for what is not a card.
const NOT_A_CARD: u8 = 10;

/// Whether a text is a card, a damaged card or a pass: anything but a code of another maker.
fn is_ours(text: &str) -> bool {
    PassLink::parse(text).is_some() || !matches!(text::parse(text), Err(TextError::NotACard))
}

fn reason(finding: &Finding) -> Option<String> {
    match finding {
        Finding::NotACard(error) => Some(error.to_string()),
        _ => None,
    }
}

fn advice_in_words(advice: Advice) -> &'static str {
    match advice {
        Advice::Torch => "too dark, turn a light on",
        Advice::Tilt => "a lamp is mirrored in the card, tilt it",
        Advice::Closer => "the code is too small, come closer",
        Advice::FartherAway => "the code does not fit into the picture, move away",
        Advice::HoldStill => "a code is there but blurred, hold still",
    }
}
