//! A correction, in a transaction of its own: it runs under the index's structure, as corrections in the office do.

use std::collections::HashMap;

use teranga_core::person::{Demographics, MpiId};
use teranga_core::wire::fact::{Body, Fact, Subject};
use teranga_core::wire::receipt::{Outcome, refusal};

use super::{Answer, Context, Key, Opened, not_allowed, people, subject};
use crate::access::{Action, Actor};
use crate::app::App;
use crate::db::{DbError, Tx};
use crate::devices::DeviceError;
use crate::devices::ingest::rows::{self, Done};
use crate::mpi::{self, MpiError};

/// Corrects a person's data and writes the packet's row.
pub(super) async fn write(
    app: &App,
    context: &Context,
    opened: Opened,
    fact: Fact,
    actor: Actor,
) -> Result<(Key, Answer), DeviceError> {
    let locks = mpi::structure(context.device.organisation);
    let context = context.clone();
    let work = app.db.write_under(locks, move |tx| {
        Box::pin(async move {
            let answer = correct(tx, &context, &fact, &actor).await?;
            let done = Done {
                opened,
                answer,
                identity: None,
            };
            rows::write(tx, &context, std::slice::from_ref(&done)).await?;
            Ok::<_, DeviceError>((done.opened.key(), done.answer))
        })
    });
    work.await
}

async fn correct(tx: &Tx, context: &Context, fact: &Fact, actor: &Actor) -> Result<Answer, DeviceError> {
    let Body::Corrected { subject, person } = &fact.body else {
        return Err(DbError::Internal("a fact of another kind".to_owned()).into());
    };
    if let Err(answer) = check(person) {
        return Ok(answer);
    }
    let found = subject::find(tx, context, subject, &HashMap::new()).await?;
    let number = match (&found, subject) {
        (Some(found), _) => MpiId::parse(&found.number).ok(),
        (None, Subject::Mpi(number)) => Some(*number),
        (None, Subject::Registration(_)) => None,
    };
    let (Some(found), Some(number)) = (found, number) else {
        return Ok(Answer::refused(
            refusal::UNKNOWN_PERSON,
            "nobody has this number",
            "compare it with the card, or register the person",
        ));
    };
    if !subject::in_sight(tx, context, (actor, Action::CorrectPerson), &found).await? {
        return Ok(not_allowed());
    }
    let before = mpi::get(tx, context.device.organisation, &number).await?;
    let person = merged(&before.person, person);
    match mpi::correct(tx, actor, &number, None, person).await {
        Ok(_) => Ok(Answer::of(Outcome::Accepted)),
        Err(MpiError::Db(error)) => Err(error.into()),
        Err(error) => Ok(people::refused(
            &error.to_string(),
            "look the person up and correct them again",
        )),
    }
}

/// Country and region may be left out: they stay as they are.
fn check(person: &Demographics) -> Result<(), Answer> {
    let mut checked = person.clone();
    let place = &mut checked.place;
    for (code, filler) in [(&mut place.country, "AA"), (&mut place.region, "AAA")] {
        if code.is_empty() {
            filler.clone_into(code);
        }
    }
    people::check(&checked)
}

/// What a phone corrects replaces what is there; what it does not know stays, since a phone does not carry everything.
fn merged(before: &Demographics, now: &Demographics) -> Demographics {
    let text = |now: &String, before: &String| {
        if now.is_empty() {
            before.clone()
        } else {
            now.clone()
        }
    };
    let (old, new) = (&before.place, &now.place);
    let mut identifiers = before.identifiers.clone();
    for one in &now.identifiers {
        let is_known = |known: &teranga_core::person::ExternalId| {
            (&known.system, &known.value) == (&one.system, &one.value)
        };
        if !identifiers.iter().any(is_known) {
            identifiers.push(one.clone());
        }
    }
    let has_name = !now.given.is_empty() || !now.family.is_empty();
    let names = if has_name { now } else { before };
    Demographics {
        given: names.given.clone(),
        family: names.family.clone(),
        birth: now.birth.or(before.birth),
        sex: if now.sex == teranga_core::person::Sex::Unknown {
            before.sex
        } else {
            now.sex
        },
        place: teranga_core::person::Place {
            country: text(&new.country, &old.country),
            region: text(&new.region, &old.region),
            district: text(&new.district, &old.district),
            commune: text(&new.commune, &old.commune),
            village: text(&new.village, &old.village),
        },
        identifiers,
        phone: now.phone.clone().or_else(|| before.phone.clone()),
        mother: now.mother.clone().or_else(|| before.mother.clone()),
        household: now.household.clone().or_else(|| before.household.clone()),
    }
}
