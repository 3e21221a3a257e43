//! Rows of a sync: who was seen, and what became of their enrollments.

use std::collections::{BTreeMap, HashMap};

use data_encoding::HEXLOWER;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use teranga_core::sensitive::Sensitive;
use zeroize::Zeroizing;

use super::Ground;
use super::page::Tally;
use crate::db::{Db, DbError, Tx, sql};
use crate::dhis2::client::Person;
use crate::dhis2::person::{SYSTEM, Taken};
use crate::dhis2::{Dhis2Error, Programme};
use crate::keys::Vault;

/// What is known of a tracked entity.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// The registration.
    pub(super) identity: Option<i64>,
    pub(super) number: Option<String>,
    /// It stands for itself.
    pub(super) own: bool,
    pub(super) person_digest: i64,
    pub(super) digest: i64,
    pub(super) gone: bool,
    /// It is known in this program, and not only in another one.
    pub(super) here: bool,
}

/// A row of a person.
pub(super) struct Member {
    pub(super) uid: String,
    pub(super) known: Known,
    pub(super) person_digest: i64,
    pub(super) digest: i64,
    pub(super) gone: bool,
}

/// An enrollment with its attributes sealed.
pub(super) struct Enrolled {
    pub(super) uid: String,
    unit: String,
    status: String,
    /// Milliseconds since 1970.
    enrolled: i64,
    sealed: Vec<u8>,
}

/// An enrollment, its tracked entity, whose it is, and what became of it.
pub(super) type Told = (Enrolled, String, Known, &'static str, Option<String>);

/// What is known of tracked entities, from this program or another one of the organization.
pub(super) async fn known(
    db: &Db,
    programme: &Programme,
    uids: &[&str],
) -> Result<HashMap<String, Known>, DbError> {
    let text = format!(
        "SELECT m.tracked_entity, m.identity, m.number, m.own, m.person_digest, m.digest, m.gone, m.programme \
         FROM dhis2_members m JOIN dhis2_programmes p ON p.id = m.programme \
         WHERE p.organisation = $1 AND m.tracked_entity IN {}",
        sql::strings(db.backend(), 2)
    );
    let mut found: HashMap<String, Known> = HashMap::new();
    let values = [programme.organisation.into(), sql::texts(uids)];
    for row in sql::all(db.reader(), &text, values).await? {
        let uid: String = row.try_get_by_index(0)?;
        let one = Known {
            identity: row.try_get_by_index(1)?,
            number: row.try_get_by_index(2)?,
            own: row.try_get_by_index::<i16>(3)? != 0,
            person_digest: row.try_get_by_index(4)?,
            digest: row.try_get_by_index(5)?,
            gone: row.try_get_by_index::<i16>(6)? != 0,
            here: row.try_get_by_index::<i64>(7)? == programme.id,
        };
        let is_better =
            |held: &Known| (one.here, one.identity.is_some()) > (held.here, held.identity.is_some());
        match found.get(&uid) {
            // A row of this program without a person gives way to one with.
            Some(held) if held.identity.is_some() == one.identity.is_some() && !is_better(held) => {}
            Some(held) if held.identity.is_some() && one.identity.is_none() => {}
            _ => {
                found.insert(uid, one);
            }
        }
    }
    Ok(found)
}

/// The enrollments of a person, each with its attributes sealed for it alone.
pub(super) fn enrolled(
    ground: &Ground<'_>,
    read: &Person,
    taken: &Taken,
) -> Result<Vec<Enrolled>, Dhis2Error> {
    let live = read.enrollments.iter().filter(|one| !one.deleted);
    live.map(|one| {
        let sealed = seal(ground.room.vault, ground.programme.id, &one.uid, taken)?;
        Ok(Enrolled {
            uid: one.uid.clone(),
            unit: one.unit.clone(),
            status: one.status.clone(),
            enrolled: millis(&one.enrolled),
            sealed,
        })
    })
    .collect()
}

/// What a sealed text belongs to.
fn belongs_to(programme: i64, enrollment: &str) -> String {
    format!("dhis2/{programme}/{enrollment}")
}

fn seal(vault: &Vault, programme: i64, enrollment: &str, taken: &Taken) -> Result<Vec<u8>, Dhis2Error> {
    let open = |values: &BTreeMap<String, Sensitive<String>>| -> Value {
        values
            .iter()
            .map(|(name, value)| (name.clone(), Value::String(value.reveal().clone())))
            .collect()
    };
    let text = json!({"shown": open(&taken.shown), "kept": open(&taken.kept)}).to_string();
    let text = Zeroizing::new(text);
    let sealed = vault.seal(&belongs_to(programme, enrollment), text.as_bytes());
    Ok(sealed.map_err(|error| DbError::Internal(error.to_string()))?)
}

/// Fields that cards may show, from the sealed attributes of an enrollment. What is kept stays where it is.
pub(in crate::dhis2) fn shown(
    vault: &Vault,
    programme: i64,
    enrollment: &str,
    sealed: &[u8],
) -> Result<BTreeMap<String, String>, DbError> {
    #[derive(serde::Deserialize)]
    struct Open {
        shown: BTreeMap<String, String>,
    }
    let damaged = || DbError::Corrupt("the attributes of an enrollment do not open".to_owned());
    let text = vault
        .open(&belongs_to(programme, enrollment), sealed)
        .map_err(|_| damaged())?;
    let open: Open = serde_json::from_slice(&text).map_err(|_| damaged())?;
    Ok(open.shown)
}

/// Milliseconds since 1970 of a time that DHIS2 writes; 0 for one that cannot be read.
fn millis(text: &str) -> i64 {
    let time = text.get(..23).unwrap_or(text).parse::<DateTime>();
    let stamp = time.and_then(|time| TimeZone::UTC.to_timestamp(time));
    stamp.map_or(0, |stamp| stamp.as_millisecond())
}

/// Writes people and enrollments of a page.
pub(super) async fn write(
    tx: &Tx,
    (programme, run, now): (&Programme, i64, i64),
    members: &[Member],
    told: &[Told],
) -> Result<(), DbError> {
    write_members(tx, (programme.id, run), members).await?;
    write_told(tx, (programme.id, run), told).await?;
    write_enrollments(tx, programme, told, now).await?;
    // Enrollments that a person has no more.
    let changed: Vec<&str> = told.iter().map(|(_, uid, ..)| uid.as_str()).collect();
    let gone: Vec<&str> = members
        .iter()
        .filter(|one| one.gone)
        .map(|one| one.uid.as_str())
        .collect();
    let both: Vec<&str> = changed.into_iter().chain(gone).collect();
    if both.is_empty() {
        return Ok(());
    }
    let backend = tx.get_database_backend();
    let ended = format!(
        "UPDATE enrollments SET ended = $1 WHERE programme = $2 AND source = '{SYSTEM}' AND ended IS NULL AND reference IN \
         (SELECT enrollment FROM dhis2_enrollments WHERE programme = $3 AND run <> $4 AND tracked_entity IN {})",
        sql::strings(backend, 5)
    );
    let values = [
        now.into(),
        programme.program.into(),
        programme.id.into(),
        run.into(),
        sql::texts(&both),
    ];
    sql::run(tx, &ended, values).await?;
    let gone = format!(
        "UPDATE dhis2_enrollments SET gone = 1 WHERE programme = $1 AND run <> $2 AND gone = 0 AND tracked_entity IN {}",
        sql::strings(backend, 3)
    );
    let values = [programme.id.into(), run.into(), sql::texts(&both)];
    sql::run(tx, &gone, values).await?;
    Ok(())
}

async fn write_members(tx: &Tx, (programme, run): (i64, i64), members: &[Member]) -> Result<(), DbError> {
    let text = format!(
        "INSERT INTO dhis2_members (programme, tracked_entity, identity, number, own, person_digest, digest, gone, seen) \
         SELECT CAST($2 AS BIGINT), {}, {}, {}, {}, {}, {}, {}, CAST($3 AS BIGINT) FROM {} WHERE true \
         ON CONFLICT (programme, tracked_entity) DO UPDATE SET identity = excluded.identity, number = excluded.number, \
         own = excluded.own, person_digest = excluded.person_digest, digest = excluded.digest, gone = excluded.gone, \
         seen = excluded.seen",
        sql::text(0),
        sql::int(1),
        sql::text(2),
        sql::int(3),
        sql::int(4),
        sql::int(5),
        sql::int(6),
        sql::rows(tx.get_database_backend(), 1)
    );
    let row = |one: &Member| {
        let known = &one.known;
        json!([
            one.uid,
            known.identity,
            known.number,
            u8::from(known.own),
            one.person_digest,
            one.digest,
            u8::from(one.gone)
        ])
    };
    let table: Vec<Value> = members.iter().map(row).collect();
    sql::run(tx, &text, [sql::table(&table), programme.into(), run.into()]).await?;
    Ok(())
}

async fn write_told(tx: &Tx, (programme, run): (i64, i64), told: &[Told]) -> Result<(), DbError> {
    let text = format!(
        "INSERT INTO dhis2_enrollments (programme, enrollment, tracked_entity, org_unit, status, enrolled, outcome, \
         reason, number, run) SELECT CAST($2 AS BIGINT), {}, {}, {}, {}, {}, {}, {}, {}, CAST($3 AS BIGINT) FROM {} \
         WHERE true ON CONFLICT (programme, enrollment) DO UPDATE SET tracked_entity = excluded.tracked_entity, \
         org_unit = excluded.org_unit, status = excluded.status, enrolled = excluded.enrolled, \
         outcome = CASE WHEN excluded.outcome = 'refused' OR dhis2_enrollments.outcome = 'refused' \
         THEN excluded.outcome ELSE dhis2_enrollments.outcome END, reason = excluded.reason, number = excluded.number, \
         run = excluded.run, gone = 0",
        sql::text(0),
        sql::text(1),
        sql::text(2),
        sql::text(3),
        sql::int(4),
        sql::text(5),
        sql::text(6),
        sql::text(7),
        sql::rows(tx.get_database_backend(), 1)
    );
    let row = |(one, uid, known, outcome, reason): &Told| {
        json!([
            one.uid,
            uid,
            one.unit,
            one.status,
            one.enrolled,
            outcome,
            reason,
            known.number
        ])
    };
    let table: Vec<Value> = told.iter().map(row).collect();
    if !table.is_empty() {
        sql::run(tx, &text, [sql::table(&table), programme.into(), run.into()]).await?;
    }
    Ok(())
}

/// Enrollments as the rest of the server knows them.
async fn write_enrollments(tx: &Tx, programme: &Programme, told: &[Told], now: i64) -> Result<(), DbError> {
    let backend = tx.get_database_backend();
    let text = format!(
        "INSERT INTO enrollments (organisation, programme, identity, source, reference, enrolled, ended, attributes) \
         SELECT CAST($2 AS BIGINT), CAST($3 AS BIGINT), {}, '{SYSTEM}', {}, {}, {}, {} FROM {} WHERE true \
         ON CONFLICT (programme, source, reference) WHERE reference <> '' DO UPDATE SET identity = excluded.identity, \
         enrolled = excluded.enrolled, ended = excluded.ended, attributes = excluded.attributes",
        sql::int(0),
        sql::text(1),
        sql::int(2),
        sql::int(3),
        sql::bytes(backend, 4),
        sql::rows(backend, 1)
    );
    let row = |(one, _, known, ..): &Told| {
        let ended = (one.status == "CANCELLED").then_some(now);
        let sealed = HEXLOWER.encode(&one.sealed);
        Some(json!([known.identity?, one.uid, one.enrolled, ended, sealed]))
    };
    let table: Vec<Value> = told.iter().filter_map(row).collect();
    if table.is_empty() {
        return Ok(());
    }
    let values = [
        sql::table(&table),
        programme.organisation.into(),
        programme.program.into(),
    ];
    sql::run(tx, &text, values).await?;
    Ok(())
}

/// Adds what became of a page to its run.
pub(super) async fn progress(tx: &Tx, run: i64, tally: &Tally) -> Result<(), DbError> {
    const UPDATE: &str = "UPDATE dhis2_runs SET pages = pages + 1, people = people + $1, linked = linked + $2, \
         review = review + $3, alert = alert + $4, new = new + $5, refused = refused + $6, changed = changed + $7, \
         unchanged = unchanged + $8, gone = gone + $9 WHERE id = $10";
    let values = [
        tally.people.into(),
        tally.linked.into(),
        tally.review.into(),
        tally.alert.into(),
        tally.new.into(),
        tally.refused.into(),
        tally.changed.into(),
        tally.unchanged.into(),
        tally.gone.into(),
        run.into(),
    ];
    sql::run(tx, UPDATE, values).await?;
    Ok(())
}

/// Enrollments that another tracked entity had: the tracked entity by now, and the number of whoever had it.
pub(super) async fn moved(
    db: &Db,
    programme: i64,
    now: &HashMap<&str, &str>,
) -> Result<Vec<(String, String)>, DbError> {
    if now.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT enrollment, tracked_entity, number FROM dhis2_enrollments WHERE programme = $1 AND number IS NOT NULL \
         AND enrollment IN {}",
        sql::strings(db.backend(), 2)
    );
    let uids: Vec<&str> = now.keys().copied().collect();
    let mut moved = Vec::new();
    for row in sql::all(db.reader(), &text, [programme.into(), sql::texts(&uids)]).await? {
        let (enrollment, before): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let number: String = row.try_get_by_index(2)?;
        match now.get(enrollment.as_str()) {
            Some(tracked_entity) if *tracked_entity != before => {
                moved.push(((*tracked_entity).to_owned(), number));
            }
            _ => {}
        }
    }
    Ok(moved)
}

/// The number of a tracked entity.
pub(super) async fn number_of(db: &Db, programme: i64, uid: &str) -> Result<Option<String>, DbError> {
    const SELECT: &str = "SELECT number FROM dhis2_members WHERE programme = $1 AND tracked_entity = $2";
    let row = sql::one(db.reader(), SELECT, [programme.into(), uid.into()]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.flatten())
}
