//! Looking at a code.

use jiff::Timestamp;
use jiff::civil::Date;

use super::cards::{self, Bound, CardState, key_of_typed};
use super::lists::Lists;
use super::served::{ServedNote, served_before};
use crate::card::key::Kid;
use crate::card::text::{self, CardText};
use crate::card::token::TokenHash;
use crate::clock::date_of;
use crate::registry::bundle::numbers::Numbers;
use crate::registry::{Freshness, Ids, Status, Statuses};
use crate::store::{Store, StoreError};
use crate::verify::{self, ClockFloor, Finding, Post, TypedError, Verdict};
use crate::wire::fact::CardRef;

/// What a phone sees a card with.
pub struct Eyes<'a, S: ?Sized> {
    /// The signed lists.
    pub lists: &'a Lists,
    /// Cards by number, for typed codes; none while they are not here.
    pub numbers: Option<&'a Numbers>,
    /// The vault.
    pub store: &'a S,
    /// The prefix of the campaign that is served; none where any is.
    pub campaign: Option<&'a str>,
    /// The program and the round that is served; none where nothing is given out.
    pub round: Option<(u64, &'a str)>,
    /// What the phone's clock says.
    pub device: Timestamp,
    /// The newest time that a server vouched for besides the lists.
    pub floor: Option<Timestamp>,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The verdict, with the age of what it rests on.
    pub verdict: Verdict,
    /// The card, for what is done with it next; none when the code is not that of one card.
    pub card: Option<CardRef>,
    /// Typed, not scanned.
    pub typed: bool,
    /// The card was served in this round on this phone already.
    pub served: Option<ServedNote>,
}

impl<S: Store + ?Sized> Eyes<'_, S> {
    /// The verdict on the text of a code. Any text gets one.
    pub fn scan(&self, text: &str) -> Result<Seen, StoreError> {
        let verdict = self.with_post(|post| verify::scan(text, post));
        let hash = match text::parse(text) {
            Ok(CardText::Signed(card)) => self.token_of(&card),
            _ => None,
        };
        self.seen(verdict, hash.map(CardRef::Token), false)
    }

    /// The verdict on a typed card code or MPI id, or what is wrong with it.
    pub fn typed(&self, text: &str) -> Result<Result<Seen, TypedError>, StoreError> {
        let verdict = match self.with_post(|post| verify::typed(text, post)) {
            Ok(verdict) => verdict,
            Err(error) => return Ok(Err(error)),
        };
        let handle = verify::read_typed(text).ok();
        let card = handle.as_ref().and_then(key_of_typed);
        self.seen(verdict, card, true).map(Ok)
    }

    /// The time that counts here.
    pub fn clock(&self) -> ClockFloor {
        let listed = Some(self.lists.trusted);
        ClockFloor {
            device: self.device,
            trusted: self.floor.max(listed),
        }
    }

    fn with_post<T>(&self, judge: impl FnOnce(&Post<'_>) -> T) -> T {
        let nothing = NoList;
        let held = self.lists.statuses.as_ref();
        let answering = held.and_then(|held| self.numbers.map(|numbers| numbers.with(held)));
        judge(&Post {
            trust: &self.lists.trust,
            statuses: held.map_or(&nothing as &dyn Statuses, |held| held),
            ids: answering.as_ref().map(|ids| ids as &dyn Ids),
            holders: Some(&Bound(self.store)),
            campaign: self.campaign,
            clock: self.clock(),
        })
    }

    /// The token of a card whose signature is good.
    fn token_of(&self, card: &crate::card::payload::SignedCard) -> Option<TokenHash> {
        let entry = self.lists.trust.find(card.kid())?;
        let claims = card.verify(&crate::card::signing::PublicKey(entry.public)).ok()?;
        Some(claims.token.hash())
    }

    fn seen(&self, mut verdict: Verdict, card: Option<CardRef>, typed: bool) -> Result<Seen, StoreError> {
        let mut served = None;
        if let Some(card) = &card {
            if let Some(note) = cards::note_of(self.store, card)?
                && note.state == CardState::Revoked
            {
                verdict.finding = revoked(verdict.finding, date_of(note.at));
            }
            if let Some((program, round)) = self.round {
                served = served_before(self.store, program, round, card)?;
            }
        }
        Ok(Seen {
            verdict,
            card,
            typed,
            served,
        })
    }
}

/// The finding on a card that this phone revoked.
fn revoked(finding: Finding, by: Date) -> Finding {
    match finding {
        Finding::Valid(card)
        | Finding::ValidNewerThanList(card)
        | Finding::Blank(card)
        | Finding::WrongCampaign(card)
        | Finding::Expired(card) => Finding::Revoked { by, card },
        other => other,
    }
}

/// Before the first status list nothing is known to be revoked, and the verdict says that it has no list.
struct NoList;

impl Statuses for NoList {
    fn status(&self, _: &TokenHash, _: Date, _: Kid) -> Status {
        Status::NewerThanList
    }

    fn freshness(&self) -> Option<Freshness> {
        None
    }
}
