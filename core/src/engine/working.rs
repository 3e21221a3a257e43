//! An agent's work, each piece safe on the disk when it returns.

use super::open::Open;
use super::{Engine, EngineError, Right};
use crate::find::Who;
use crate::outbox::Packet;
use crate::person::Demographics;
use crate::register::{self, Draft, RegisterError, Replacement, Saved, Serving};
use crate::scan::{Seen, ServedNote};
use crate::sync::note;
use crate::wire::PacketId;
use crate::wire::fact::{CardRef, Consent, Reason};

impl Engine {
    /// Registers a person.
    pub fn register(&self, draft: &Draft) -> Result<Saved, EngineError> {
        let saved = self.with(Right::Register, |open| {
            let now = self.trusted_now()?;
            Ok(open.desk(now).register(draft)?)
        })?;
        self.hand_over_packet(&saved.packet);
        Ok(saved)
    }

    /// Notes that someone declined.
    pub fn decline(&self, program: Option<u64>, consent: Consent) -> Result<PacketId, EngineError> {
        self.work(Right::Register, |open, now| {
            open.desk(now).decline(program, consent)
        })
    }

    /// Puts a person's data right.
    pub fn correct(&self, who: &Who, person: &Demographics) -> Result<PacketId, EngineError> {
        self.work(Right::Register, |open, now| open.desk(now).correct(who, person))
    }

    /// Gives a blank card to a person.
    pub fn bind(&self, seen: &Seen, who: &Who, campaign: Option<String>) -> Result<PacketId, EngineError> {
        self.work(Right::Register, |open, now| {
            let campaign = campaign.or_else(|| only_campaign(open));
            open.desk(now).bind(seen, who, campaign)
        })
    }

    /// Hands a printed card to its holder.
    pub fn hand_over(&self, seen: &Seen, who: Option<&Who>) -> Result<PacketId, EngineError> {
        self.work(Right::Register, |open, now| open.desk(now).hand_over(seen, who))
    }

    /// Replaces a card by a blank one.
    pub fn replace(
        &self,
        replacement: &Replacement<'_>,
        who: &Who,
        campaign: Option<String>,
    ) -> Result<PacketId, EngineError> {
        self.work(Right::Register, |open, now| {
            let campaign = campaign.or_else(|| only_campaign(open));
            open.desk(now).replace(replacement, who, campaign)
        })
    }

    /// Revokes a card.
    pub fn revoke(&self, card: CardRef, reason: Reason) -> Result<PacketId, EngineError> {
        self.work(Right::Register, |open, now| open.desk(now).revoke(card, reason))
    }

    /// Notes that someone was served; says when their card was served in this round before.
    pub fn serve(&self, serving: &Serving) -> Result<Option<ServedNote>, EngineError> {
        let (packet, before) = self.with(Right::Scan, |open| {
            let now = self.trusted_now()?;
            Ok(open.desk(now).serve(serving)?)
        })?;
        self.hand_over_packet(&packet);
        Ok(before)
    }

    /// What was done here and what the server said to it, the oldest first.
    pub fn records(&self) -> Result<Vec<(PacketId, register::Record)>, EngineError> {
        self.with(Right::Register, |open| {
            let mut all = Vec::new();
            register::records(&open.vault, &mut |id, record| all.push((id, record)))?;
            all.sort_by_key(|(_, record)| record.sequence);
            Ok(all)
        })
    }

    fn work(
        &self,
        right: Right,
        work: impl FnOnce(&mut Open, jiff::Timestamp) -> Result<Packet, RegisterError>,
    ) -> Result<PacketId, EngineError> {
        let packet = self.with(right, |open| {
            let now = self.trusted_now()?;
            Ok(work(open, now)?)
        })?;
        self.hand_over_packet(&packet);
        Ok(packet.id)
    }

    /// The newest time that a server signed.
    pub(super) fn trusted(&self) -> Result<Option<jiff::Timestamp>, EngineError> {
        let bytes = self.shared.outbox()?.note(note::TRUSTED)?;
        let at = bytes.and_then(|bytes| Some(i64::from_be_bytes(bytes.try_into().ok()?)));
        Ok(at.and_then(|at| jiff::Timestamp::from_millisecond(at).ok()))
    }

    /// The later of the phone's clock and the newest time that a server signed.
    pub(super) fn trusted_now(&self) -> Result<jiff::Timestamp, EngineError> {
        let device = self.now();
        Ok(self.trusted()?.map_or(device, |trusted| trusted.max(device)))
    }
}

/// The campaign that a blank card is for, when the phone works for one alone.
fn only_campaign(open: &Open) -> Option<String> {
    let programs = open.setup().programs.iter();
    let mut campaigns = programs.flat_map(|program| &program.campaigns);
    let first = campaigns.next();
    first.filter(|_| campaigns.next().is_none()).cloned()
}
