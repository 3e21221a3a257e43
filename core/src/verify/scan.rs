//! The verdict on a scanned text.

use super::knowledge::{ClockFloor, Knowledge};
use super::typed;
use super::verdict::{CARD_PURPOSE, CheckOnline, Finding, ForeignOrStale, GenuineCard, Verdict};
use crate::card::payload::{Claims, SignedCard};
use crate::card::signing::PublicKey;
use crate::card::text::{self, CardText};
use crate::card::trust::{KeyState, Scope, TrustEntry, TrustList};
use crate::clock;
use crate::registry::{Handle, Ids, Status, Statuses};

/// Where a card is looked at: everything that the verdict depends on besides the card.
#[derive(Clone, Copy)]
pub struct Post<'a> {
    /// The keys that count.
    pub trust: &'a TrustList,
    /// What became of cards.
    pub statuses: &'a dyn Statuses,
    /// The exact list of this phone's area, for typed numbers and tokens of the older form; none where it is not held.
    pub ids: Option<&'a dyn Ids>,
    /// The campaign that a card of a lot was bound to, as far as this phone knows: by the token's hash.
    pub holders: Option<&'a dyn Holders>,
    /// The prefix of the campaign that the post serves; none where any is served.
    pub campaign: Option<&'a str>,
    /// The device's clock and its floor.
    pub clock: ClockFloor,
}

/// Whoever can say to which campaign a blank card was bound.
pub trait Holders {
    /// The prefix of the campaign for which a card of a lot has a holder; none while it is blank.
    fn campaign(&self, token: &crate::card::token::TokenHash) -> Option<String>;
}

/// The verdict on the text of a QR code. Any text gets one.
pub fn scan(text: &str, post: &Post<'_>) -> Verdict {
    let finding = match text::parse(text) {
        Err(error) => Finding::NotACard(error),
        Ok(CardText::Signed(card)) => signed(&card, post),
        Ok(CardText::Legacy(token)) => {
            let unlisted = Finding::CheckOnline(CheckOnline::OlderForm);
            typed::listed(&Handle::Legacy(token), post).unwrap_or(unlisted)
        }
    };
    Verdict {
        finding,
        knowledge: Knowledge::at(&post.clock, post.statuses.freshness()),
    }
}

/// The table of verdicts, from "unknown" down.
fn signed(card: &SignedCard, post: &Post<'_>) -> Finding {
    let kid = card.kid();
    let Some(entry) = post.trust.find(kid) else {
        return Finding::Unknown(ForeignOrStale::Key(kid));
    };
    if entry.purpose != CARD_PURPOSE {
        return Finding::Forged(kid);
    }
    let Ok(claims) = card.verify(&PublicKey(entry.public)) else {
        return Finding::Forged(kid);
    };
    if entry.state == KeyState::Compromised {
        return Finding::CheckOnline(CheckOnline::CompromisedKey(kid));
    }
    if !entry.covers(claims.issued) {
        return Finding::CheckOnline(CheckOnline::OutsideKeyPeriod(kid));
    }
    let status = post.statuses.status(&claims.token.hash(), claims.issued, kid);
    judge(genuine(&claims, entry, post), status, post)
}

/// The end of the table, the same for cards, typed numbers and passes: revoked, expired, wrong campaign, blank, valid.
pub(crate) fn judge(card: GenuineCard, status: Status, post: &Post<'_>) -> Finding {
    if let Status::Revoked { by } = status {
        return Finding::Revoked { by, card };
    }
    if clock::date_of(post.clock.now()) >= card.expires {
        return Finding::Expired(card);
    }
    match (&card.campaign, post.campaign) {
        (Some(campaign), Some(served)) if campaign != served => Finding::WrongCampaign(card),
        (None, _) => Finding::Blank(card),
        _ if status == Status::NewerThanList => Finding::ValidNewerThanList(card),
        _ => Finding::Valid(card),
    }
}

fn genuine(claims: &Claims, entry: &TrustEntry, post: &Post<'_>) -> GenuineCard {
    let (campaign, lot) = match &entry.scope {
        Scope::Campaign(prefix) => (Some(prefix.clone()), None),
        Scope::Lot(number) => {
            let bound = post
                .holders
                .and_then(|holders| holders.campaign(&claims.token.hash()));
            (bound, Some(number.clone()))
        }
        // No trust list holds an issuer key of this scope.
        Scope::Organisation => (None, None),
    };
    GenuineCard {
        campaign,
        lot,
        issued: claims.issued,
        expires: claims.expires,
    }
}
