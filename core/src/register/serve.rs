//! Noting that someone was given what a program gives.

use super::desk::{Desk, RegisterError};
use super::draft::check_program;
use super::record::Record;
use crate::find::Who;
use crate::outbox::Packet;
use crate::scan::{ServedNote, put_served, served_before};
use crate::store::Store;
use crate::wire::fact::{Body, CardRef, HolderCheck, Served};

/// What is given, to whom.
#[derive(Debug, Clone)]
pub struct Serving {
    /// The card that was shown.
    pub card: Option<CardRef>,
    /// Who, where the phone knows it.
    pub who: Option<Who>,
    /// By which program: the server's number.
    pub program: u64,
    /// In which round: the program's own word.
    pub round: String,
    /// How the holder was checked.
    pub check: HolderCheck,
}

impl<S: Store + ?Sized> Desk<'_, S> {
    /// Notes that someone was served, and says when the same card was served in this round before. A second time is
    /// shown, not refused: the people at the post decide.
    pub fn serve(&mut self, serving: &Serving) -> Result<(Packet, Option<ServedNote>), RegisterError> {
        check_program(Some(serving.program), self.setup)?;
        if serving.round.trim().is_empty() || serving.round.len() > 64 {
            return Err(RegisterError::NoRound);
        }
        let subject = serving.who.as_ref().map(|who| self.subject(who)).transpose()?;
        if subject.is_none() && serving.card.is_none() {
            return Err(RegisterError::NotACard);
        }
        let (mut before, mut changes) = (None, Vec::new());
        let round = (serving.program, &*serving.round);
        if let Some(card) = &serving.card {
            before = served_before(&*self.store, round.0, round.1, card)?;
            changes.push(put_served(before, round, card, (self.now, self.user)));
        }
        let body = Body::Served(Served {
            card: serving.card,
            subject,
            program: serving.program,
            round: serving.round.clone(),
            check: serving.check,
        });
        let record = Record {
            program: Some(serving.program),
            ..self.record(body.name())
        };
        let id = self.new_id()?;
        Ok((self.write(id, body, record, changes)?, before))
    }
}
