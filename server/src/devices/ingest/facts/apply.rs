//! What each kind of fact does, but registrations and corrections.

use std::collections::HashMap;

use teranga_core::wire::PacketId;
use teranga_core::wire::fact::{Body, CardRef, Fact, HolderCheck, Reason, Served, Subject};
use teranga_core::wire::receipt::{Outcome, refusal};

use super::subject::{self, Found};
use super::{Answer, Context, Opened, not_allowed};
use crate::access::{Action, Actor};
use crate::audit;
use crate::card;
use crate::card::bind::{self, Held};
use crate::card::store::{self, Revocation};
use crate::db::{DbError, Tx, sql};
use crate::devices::DeviceError;

/// What stands around a fact while it is applied.
struct Around<'a> {
    tx: &'a Tx,
    context: &'a Context,
    actor: &'a Actor,
    /// By the phone's clock.
    at: i64,
    registered: &'a HashMap<PacketId, i64>,
}

/// A refusal ends a fact early.
enum Stop {
    Refused(Answer),
    Failed(DeviceError),
}

impl<E: Into<DeviceError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Applies a fact in its savepoint.
pub(super) async fn apply(
    tx: &Tx,
    context: &Context,
    (_, fact, actor): (&Opened, &Fact, &Actor),
    registered: &HashMap<PacketId, i64>,
) -> Result<Answer, DeviceError> {
    let around = Around {
        tx,
        context,
        actor,
        at: fact.at.as_millisecond(),
        registered,
    };
    let applied = match &fact.body {
        Body::CardBound { card, subject } => around.bound(card, subject).await,
        Body::CardHandedOver { card, .. } => around.handed_over(card).await,
        Body::CardReplaced {
            lost,
            new,
            subject,
            reason,
        } => around.replaced((lost.as_ref(), new), subject, *reason).await,
        Body::CardRevoked { card, reason } => around.revoked(card, *reason).await,
        Body::Served(served) => around.served(served).await,
        // The consents' rows count them; corrections and registrations go another way.
        Body::Declined { .. } | Body::Registered(_) | Body::Corrected { .. } => Ok(()),
    };
    match applied {
        Ok(()) => Ok(Answer::of(Outcome::Accepted)),
        Err(Stop::Refused(answer)) => Ok(answer),
        Err(Stop::Failed(error)) => Err(error),
    }
}

impl Around<'_> {
    /// A blank card gets its holder.
    async fn bound(&self, card: &CardRef, subject: &Subject) -> Result<(), Stop> {
        let person = self.person(subject).await?;
        let held = self.card(card).await?;
        self.bind(&held, &person).await
    }

    async fn bind(&self, held: &Held, person: &Found) -> Result<(), Stop> {
        if held.is_revoked {
            return Err(taken("the card was revoked"));
        }
        if let Some(holder) = held.identity {
            let holder = subject::holder(self.tx, self.context, holder).await?;
            // The same card for the same person again changes nothing.
            return match holder {
                Some(holder) if holder.root == person.root => Ok(()),
                _ => Err(taken("the card is someone else's")),
            };
        }
        let who = self.actor.name();
        let organisation = self.context.device.organisation;
        let rows = (held.id, person.row);
        let bound = bind::bind(self.tx, organisation, rows, (&who, self.context.at)).await?;
        bound
            .then_some(())
            .ok_or_else(|| taken("the card is not blank any more"))
    }

    async fn handed_over(&self, card: &CardRef) -> Result<(), Stop> {
        let held = self.card(card).await?;
        let entry = self.actor.entry("card.hand-over", format!("card:{}", held.id));
        audit::record(self.tx, &entry).await?;
        Ok(())
    }

    /// The new card counts and the old one does not, or neither changes.
    async fn replaced(
        &self,
        (lost, new): (Option<&CardRef>, &CardRef),
        subject: &Subject,
        reason: Reason,
    ) -> Result<(), Stop> {
        let person = self.person(subject).await?;
        let new = self.card(new).await?;
        let organisation = self.context.device.organisation;
        let old = match lost {
            Some(card) => {
                let held = self.card(card).await?;
                self.demand_holder(&held, &person).await?;
                vec![held.token_hash]
            }
            None => bind::of_person(self.tx, organisation, (person.root, new.campaign)).await?,
        };
        self.bind(&new, &person).await?;
        for token_hash in old.into_iter().filter(|hash| *hash != new.token_hash) {
            self.revoke(token_hash, reason).await?;
            const REPLACED: &str =
                "UPDATE cards SET replaced_by = $1 WHERE token_hash = $2 AND replaced_by IS NULL";
            sql::run(self.tx, REPLACED, [new.id.into(), token_hash.to_vec().into()]).await?;
        }
        Ok(())
    }

    async fn demand_holder(&self, held: &Held, person: &Found) -> Result<(), Stop> {
        let holder = match held.identity {
            Some(holder) => subject::holder(self.tx, self.context, holder).await?,
            None => None,
        };
        match holder {
            Some(holder) if holder.root == person.root => Ok(()),
            _ => Err(taken("the lost card is not this person's")),
        }
    }

    /// Whoever may revoke any card may revoke this one; an agent one whose holder is of their area.
    async fn revoked(&self, card: &CardRef, reason: Reason) -> Result<(), Stop> {
        let held = self.card(card).await?;
        if !crate::devices::setup::may(self.actor, Action::RevokeCards) {
            let holder = match held.identity {
                Some(holder) => subject::holder(self.tx, self.context, holder).await?,
                None => None,
            };
            let holder = holder.ok_or_else(|| Stop::Refused(not_allowed()))?;
            self.demand_sight(&holder).await?;
        }
        self.revoke(held.token_hash, reason).await
    }

    async fn revoke(&self, token_hash: [u8; 32], reason: Reason) -> Result<(), Stop> {
        let revocation = Revocation {
            organisation: self.context.device.organisation,
            token_hash,
            reason: match reason {
                Reason::Lost => card::Reason::Lost,
                Reason::Stolen => card::Reason::Stolen,
                Reason::Damaged => card::Reason::Damaged,
                Reason::Mistake => card::Reason::Mistake,
                Reason::Objection => card::Reason::Asked,
            },
            at: self.context.at,
            actor: self.actor.name(),
        };
        store::revoke(self.tx, &revocation).await?;
        Ok(())
    }

    /// What a program gave. A second claim in the same round is written down as one; the person was served all the same.
    async fn served(&self, served: &Served) -> Result<(), Stop> {
        let card = match &served.card {
            Some(card) => Some(self.card(card).await?),
            None => None,
        };
        let named = match &served.subject {
            Some(subject) => subject::find(self.tx, self.context, subject, self.registered).await?,
            None => None,
        };
        let holder = match card.as_ref().and_then(|card| card.identity) {
            Some(holder) => subject::holder(self.tx, self.context, holder).await?,
            None => None,
        };
        let root = named.or(holder).map(|person| person.root);
        if root.is_none() && card.is_none() {
            return Err(unknown_person());
        }
        let program = i64::try_from(served.program).unwrap_or_default();
        let card = card.map(|card| card.id);
        let repeats = self.earlier((program, &served.round), root, card).await?;
        const INSERT: &str = "INSERT INTO services (organisation, programme, round, identity, card, device, holder_check, \
             repeats, at, received) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let row = [
            self.context.device.organisation.into(),
            program.into(),
            served.round.as_str().into(),
            root.into(),
            card.into(),
            self.context.device.row.into(),
            check(served.check).into(),
            repeats.into(),
            self.at.into(),
            self.context.at.into(),
        ];
        sql::run(self.tx, INSERT, row).await?;
        Ok(())
    }

    async fn earlier(
        &self,
        (program, round): (i64, &str),
        root: Option<i64>,
        card: Option<i64>,
    ) -> Result<Option<i64>, DbError> {
        const EARLIER: &str = "SELECT min(id) FROM services WHERE programme = $1 AND round = $2 \
             AND (identity = $3 OR card = $4)";
        let values = [program.into(), round.into(), root.into(), card.into()];
        let row = sql::one(self.tx, EARLIER, values).await?;
        Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.flatten())
    }

    /// The person whom a fact names, if the user may touch them.
    async fn person(&self, named: &Subject) -> Result<Found, Stop> {
        let found = subject::find(self.tx, self.context, named, self.registered).await?;
        let found = found.ok_or_else(unknown_person)?;
        self.demand_sight(&found).await?;
        Ok(found)
    }

    async fn demand_sight(&self, found: &Found) -> Result<(), Stop> {
        let who = (self.actor, Action::RegisterPerson);
        if subject::in_sight(self.tx, self.context, who, found).await? {
            Ok(())
        } else {
            Err(Stop::Refused(not_allowed()))
        }
    }

    async fn card(&self, card: &CardRef) -> Result<Held, Stop> {
        let found = bind::find(self.tx, self.context.device.organisation, card).await?;
        found.ok_or_else(|| {
            Stop::Refused(Answer::refused(
                refusal::UNKNOWN_CARD,
                "the organization has no such card",
                "scan the card again; if it is refused again, take another one",
            ))
        })
    }
}

fn unknown_person() -> Stop {
    Stop::Refused(Answer::refused(
        refusal::UNKNOWN_PERSON,
        "nobody has this number",
        "compare it with the card, or register the person",
    ))
}

fn taken(why: &str) -> Stop {
    Stop::Refused(Answer::refused(
        refusal::CARD_TAKEN,
        why,
        "take another blank card",
    ))
}

fn check(check: HolderCheck) -> &'static str {
    match check {
        HolderCheck::None => "none",
        HolderCheck::Name => "name",
        HolderCheck::Photo => "photo",
    }
}
