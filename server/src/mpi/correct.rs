//! Changing what is known of an identity: a correction, an identifier of another system, deactivation.
//!
//! Each runs under [`structure`](super::structure). What the record was before stays in `former_persons`. A corrected
//! person is looked for again: whoever they could be now is put before a reviewer, and never joined without one.

use std::collections::BTreeSet;

use sea_orm::ConnectionTrait as _;
use teranga_core::matching::blocking::Side;
use teranga_core::matching::sketch::Asked;
use teranga_core::matching::{Decision, compare, judge};
use teranga_core::person::{Demographics, ExternalId, MpiId};

use super::candidates::{self, Blocks};
use super::ready::Ready;
use super::resolve::Registration;
use super::search::{self, Found};
use super::weights::Kept;
use super::{MpiError, bond, keys, store};
use crate::access::Actor;
use crate::db::rows::Inserts;
use crate::db::{DbError, Tx, sql};

/// The identity that a number leads to today.
pub async fn get<C: sea_orm::ConnectionTrait>(
    connection: &C,
    organisation: i64,
    number: &MpiId,
) -> Result<Found, MpiError> {
    let (_, root) = bond::row_of(connection, organisation, number).await?;
    let found = search::load(connection, &[root]).await?.pop();
    found.ok_or(MpiError::Unknown)
}

/// Writes what is known of a person now, over what is there in `revision`.
pub async fn correct(
    tx: &Tx,
    actor: &Actor,
    number: &MpiId,
    revision: Option<i32>,
    person: Demographics,
) -> Result<Found, MpiError> {
    let before = get(tx, actor.organisation, number).await?;
    if revision.is_some_and(|revision| revision != before.revision) {
        return Err(MpiError::Changed);
    }
    let of = |person: &Demographics| {
        Ready::new(Registration {
            actor: actor.clone(),
            person: person.clone(),
            source: String::new(),
            program: None,
            key: None,
        })
    };
    let (old, new) = (of(&before.person)?, of(&person)?);
    let fact = store::fact(
        tx,
        actor,
        ("correct", "person.correct"),
        (before.id, None),
        &serde_json::json!({}),
    )
    .await?;
    const FORMER: &str = "INSERT INTO former_persons (fact, identity, person) VALUES ($1, $2, $3)";
    sql::run(
        tx,
        FORMER,
        [fact.into(), before.id.into(), old.written.clone().into()],
    )
    .await?;
    write(tx, actor, &before, &new).await?;
    find_again(tx, &before, &old, &new).await?;
    look_for(tx, &before, new).await?;
    get(tx, actor.organisation, number).await
}

/// Says that an identifier of another system is a person's, vouched for by whoever says so.
pub async fn link(
    tx: &Tx,
    actor: &Actor,
    number: &MpiId,
    system: &str,
    value: &str,
) -> Result<Found, MpiError> {
    let before = get(tx, actor.organisation, number).await?;
    let others = search::of_identifier(tx, actor.organisation, Some(system), value).await?;
    if others.iter().any(|other| *other != before.id) {
        return Err(MpiError::Taken);
    }
    let mut person = before.person.clone();
    person
        .identifiers
        .retain(|one| one.system != system || one.value != value);
    person.identifiers.push(ExternalId {
        system: system.to_owned(),
        value: value.to_owned(),
        verified: true,
    });
    if person == before.person {
        return Ok(before);
    }
    correct(tx, actor, number, None, person).await
}

/// Takes an identity out of use. Its number still leads to it, and nobody is linked to it without a person.
pub async fn deactivate(tx: &Tx, actor: &Actor, number: &MpiId, reason: &str) -> Result<Found, MpiError> {
    let before = get(tx, actor.organisation, number).await?;
    if before.inactive {
        return Ok(before);
    }
    const UPDATE: &str =
        "UPDATE identities SET state = 1, revision = revision + 1, changed = $1 WHERE id = $2";
    sql::run(tx, UPDATE, [actor.at.into(), before.id.into()]).await?;
    let body = serde_json::json!({ "reason": reason });
    store::fact(
        tx,
        actor,
        ("deactivate", "person.deactivate"),
        (before.id, None),
        &body,
    )
    .await?;
    get(tx, actor.organisation, number).await
}

async fn write(tx: &Tx, actor: &Actor, before: &Found, new: &Ready) -> Result<(), MpiError> {
    const UPDATE: &str = "UPDATE identities SET person = $1, country = $2, region = $3, district = $4, birth_year = $5, \
         sex = $6, revision = revision + 1, changed = $7 WHERE id = $8";
    let person = &new.registration.person;
    let values = [
        new.written.clone().into(),
        person.place.country.clone().into(),
        person.place.region.clone().into(),
        person.place.district.clone().into(),
        store::birth_year(&new.prepared).into(),
        (person.sex as i16).into(),
        actor.at.into(),
        before.id.into(),
    ];
    sql::run(tx, UPDATE, values).await?;
    sql::run(
        tx,
        "DELETE FROM identifiers WHERE identity = $1",
        [before.id.into()],
    )
    .await?;
    let (mut inserts, backend) = (Inserts::default(), tx.get_database_backend());
    store::prepared(
        &mut inserts,
        backend,
        std::iter::once((before.id, new.packed.as_slice())),
    );
    let known = std::iter::once((actor.organisation, before.id, person));
    store::identifiers(&mut inserts, backend, known);
    Ok(inserts.run(tx).await?)
}

/// The keys and words of the new record in the place of those of the old one.
async fn find_again(tx: &Tx, before: &Found, old: &Ready, new: &Ready) -> Result<(), MpiError> {
    let backend = tx.get_database_backend();
    let parts = old
        .stored
        .iter()
        .flat_map(|key| keys::parts(*key, Side::Stored, &old.prepared));
    let stale: Vec<i64> = old.stored.iter().copied().chain(parts).collect();
    for (table, column, stale) in [
        ("blocking_keys", "key", stale),
        ("name_words", "word", old.words()),
    ] {
        let text = format!(
            "DELETE FROM {table} WHERE {column} IN {} AND identity = $2",
            sql::numbers(backend, 1)
        );
        sql::run(tx, &text, [sql::list(backend, &stale), before.id.into()]).await?;
    }
    let blocks = Blocks::of(tx, &[new]).await?;
    let rows = blocks
        .stored_by(new)
        .into_iter()
        .map(|key| (key, before.id, new.sketch));
    let mut inserts = Inserts::default();
    store::keys(&mut inserts, backend, rows.collect());
    store::words(&mut inserts, backend, std::iter::once((before.id, new.words())));
    Ok(inserts.run(tx).await?)
}

/// Opens reviews with whom the corrected person could be.
async fn look_for(tx: &Tx, before: &Found, mut new: Ready) -> Result<(), MpiError> {
    let (weights, _) = Kept::default().current(tx, new.organisation()).await?;
    new.prepared = weights.weigh(new.prepared);
    let blocks = Blocks::of(tx, &[&new]).await?;
    let asked = Asked::new(&new.prepared, &weights.model, &weights.rules);
    let near = blocks.asked_by(&new, asked.as_ref());
    let mut seen = BTreeSet::from([before.id]);
    for candidate in candidates::load(tx, &near, &weights).await?.into_values() {
        let comparison = compare(&new.prepared, &candidate.prepared);
        let judgement = judge(&comparison, &weights.model, &weights.rules, false);
        let pair = (before.id.min(candidate.root), before.id.max(candidate.root));
        let is_new = judgement.decision == Decision::New || !seen.insert(candidate.root);
        if is_new || bond::any_split(tx, &[pair.0, pair.1]).await? {
            continue;
        }
        let review = store::Review {
            organisation: new.organisation(),
            pair,
            judgement,
            model: weights.id.clone(),
            region: new.registration.person.place.region.clone(),
        };
        let written: Result<(), DbError> = store::review(tx, &review, new.registration.actor.at).await;
        written?;
    }
    Ok(())
}
