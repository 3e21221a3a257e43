//! Giving blank cards to people, handing printed ones over, replacing and revoking.

use super::desk::{Desk, RegisterError};
use super::record::Record;
use crate::find::Who;
use crate::outbox::Packet;
use crate::scan::{CardNote, CardState, Seen, put_note};
use crate::store::{Change, Store, Table};
use crate::verify::Finding;
use crate::wire::fact::{Body, CardRef, Reason, Subject};

/// A card that takes another's place.
#[derive(Debug)]
pub struct Replacement<'a> {
    /// The old card, where it is at hand or its code is known.
    pub lost: Option<CardRef>,
    /// The blank card, as it was seen.
    pub new: &'a Seen,
    /// Why the old one is replaced.
    pub reason: Reason,
}

impl<S: Store + ?Sized> Desk<'_, S> {
    /// Gives a blank card, as it was seen, to a person.
    pub fn bind(
        &mut self,
        seen: &Seen,
        who: &Who,
        campaign: Option<String>,
    ) -> Result<Packet, RegisterError> {
        let card = blank(seen)?;
        let subject = self.subject(who)?;
        let body = Body::CardBound { card, subject };
        let changes = self.given(&card, subject, campaign);
        self.write_card(body, subject, changes)
    }

    /// Hands a printed card to its holder.
    pub fn hand_over(&mut self, seen: &Seen, who: Option<&Who>) -> Result<Packet, RegisterError> {
        let card = seen.card.ok_or(RegisterError::NotACard)?;
        if !seen.verdict.finding.is_valid() {
            return Err(RegisterError::NotBlank(seen.verdict.finding.name()));
        }
        let subject = who.map(|who| self.subject(who)).transpose()?;
        let note = self.note(CardState::Handed, subject, None);
        let body = Body::CardHandedOver { card, subject };
        let record = self.card_record(&body, subject);
        let id = self.new_id()?;
        self.write(id, body, record, vec![put_note(&card, &note)])
    }

    /// Replaces a lost or damaged card by a blank one: the old one is not accepted on this phone from now on.
    pub fn replace(
        &mut self,
        replacement: &Replacement<'_>,
        who: &Who,
        campaign: Option<String>,
    ) -> Result<Packet, RegisterError> {
        let new = blank(replacement.new)?;
        let subject = self.subject(who)?;
        let mut changes = self.given(&new, subject, campaign);
        for old in self.cards_of(subject, replacement.lost)? {
            let note = self.note(CardState::Revoked, Some(subject), None);
            changes.push(put_note(&old, &note));
        }
        let body = Body::CardReplaced {
            lost: replacement.lost,
            new,
            subject,
            reason: replacement.reason,
        };
        self.write_card(body, subject, changes)
    }

    /// Revokes a card: it is not accepted on this phone from now on, and nowhere once the server has heard of it.
    pub fn revoke(&mut self, card: CardRef, reason: Reason) -> Result<Packet, RegisterError> {
        let note = self.note(CardState::Revoked, None, None);
        let body = Body::CardRevoked { card, reason };
        let record = self.record(body.name());
        let id = self.new_id()?;
        self.write(id, body, record, vec![put_note(&card, &note)])
    }

    fn write_card(
        &mut self,
        body: Body,
        subject: Subject,
        changes: Vec<Change>,
    ) -> Result<Packet, RegisterError> {
        let record = self.card_record(&body, Some(subject));
        let id = self.new_id()?;
        self.write(id, body, record, changes)
    }

    fn card_record(&self, body: &Body, subject: Option<Subject>) -> Record {
        let mpi = subject.and_then(|subject| match subject {
            Subject::Mpi(id) => Some(id),
            Subject::Registration(_) => None,
        });
        Record {
            mpi,
            ..self.record(body.name())
        }
    }

    /// The changes of a blank card that found a holder.
    fn given(&self, card: &CardRef, subject: Subject, campaign: Option<String>) -> Vec<Change> {
        let note = self.note(CardState::Bound, Some(subject), campaign);
        let mut changes = vec![put_note(card, &note)];
        if let CardRef::Token(hash) = card {
            changes.push(Change::remove(Table::Blanks, hash));
        }
        changes
    }

    fn note(&self, state: CardState, subject: Option<Subject>, campaign: Option<String>) -> CardNote {
        let (mpi, registration) = match subject {
            Some(Subject::Mpi(id)) => (Some(id), None),
            Some(Subject::Registration(packet)) => (None, Some(packet)),
            None => (None, None),
        };
        CardNote {
            state,
            campaign,
            mpi,
            registration,
            at: self.now,
        }
    }

    /// The old cards that a replacement takes out of use here: the one that is named, or all that this phone gave.
    fn cards_of(&self, subject: Subject, lost: Option<CardRef>) -> Result<Vec<CardRef>, RegisterError> {
        if let Some(lost) = lost {
            return Ok(vec![lost]);
        }
        let mut cards = Vec::new();
        self.store.each(Table::Cards, &mut |key, value| {
            let note: CardNote = crate::store::json(value)?;
            let same = match subject {
                Subject::Mpi(id) => note.mpi == Some(id),
                Subject::Registration(packet) => note.registration == Some(packet),
            };
            let token = key.strip_prefix(b"t").and_then(|hash| hash.try_into().ok());
            if let (true, Some(hash)) = (same, token) {
                cards.push(CardRef::Token(hash));
            }
            Ok(())
        })?;
        Ok(cards)
    }
}

fn blank(seen: &Seen) -> Result<CardRef, RegisterError> {
    let card = seen.card.ok_or(RegisterError::NotACard)?;
    match &seen.verdict.finding {
        Finding::Blank(_) => Ok(card),
        other => Err(RegisterError::NotBlank(other.name())),
    }
}
