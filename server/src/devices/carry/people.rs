//! Whom a phone's area knows, and their cards by number.
//!
//! A card of a program that is sensitive is in no phone's list of numbers: having one would tell of the person.

use teranga_core::card::key::Kid;
use teranga_core::clock;
use teranga_core::ids::OsRandom;
use teranga_core::person::MpiId;
use teranga_core::registry::Handle;
use teranga_core::registry::bundle::manifest::Kind;
use teranga_core::registry::bundle::numbers::{Numbered, Numbers};
use teranga_core::registry::bundle::people::{self as people_part, Known};
use teranga_core::registry::filter::Key;
use teranga_core::sensitive::Secret;

use super::DAY;
use super::store::{self, Made, Stored};
use crate::app::App;
use crate::db::{DbError, sql};
use crate::devices::DeviceError;
use crate::devices::known::{Device, fixed};

/// Rows that are read at once.
const PAGE: u32 = 5_000;

/// The people of a phone's area.
pub(super) async fn people(app: &App, device: &Device) -> Result<Stored, DeviceError> {
    let area = device.area.as_str();
    if let Some(kept) = current(app, device, Kind::People).await? {
        return Ok(kept);
    }
    let key = random_key()?;
    let known = known(app, device, &key).await?;
    let version = app.clock.now().as_second().unsigned_abs();
    let made = tokio::task::spawn_blocking(move || {
        let mut contents = Vec::new();
        people_part::write(&mut contents, &key, known)?;
        Made::sealed(Kind::People, version, &contents)
    });
    let made = made
        .await
        .map_err(|error| DeviceError::Failed(error.to_string()))??;
    store::keep(app, device.organisation, area, made).await
}

/// The cards of those people, by number; none where there are none.
pub(super) async fn ids(app: &App, device: &Device) -> Result<Option<Stored>, DeviceError> {
    if let Some(kept) = current(app, device, Kind::Ids).await? {
        return Ok(Some(kept));
    }
    let cards = cards(app, device).await?;
    if cards.is_empty() {
        return Ok(None);
    }
    let (key, version) = (random_key()?, app.clock.now().as_second().unsigned_abs());
    let made = tokio::task::spawn_blocking(move || {
        let numbers = Numbers::of(key, &cards).map_err(|error| DeviceError::Failed(error.to_string()))?;
        Made::sealed(Kind::Ids, version, &numbers.to_bytes())
    });
    let made = made
        .await
        .map_err(|error| DeviceError::Failed(error.to_string()))??;
    Ok(Some(
        store::keep(app, device.organisation, device.area.as_str(), made).await?,
    ))
}

async fn current(app: &App, device: &Device, kind: Kind) -> Result<Option<Stored>, DeviceError> {
    let newest = store::newest(app, device.organisation, device.area.as_str(), kind).await?;
    Ok(newest.filter(|kept| app.clock.millis() - kept.built < DAY))
}

fn random_key() -> Result<Secret<32>, DeviceError> {
    Secret::generate(&mut OsRandom).map_err(|error| DeviceError::Failed(error.to_string()))
}

/// The condition that an identity lives in a phone's area, with `$1` the organization.
fn inside(device: &Device, table: &str) -> (String, Vec<sea_orm::Value>) {
    let mut clause = format!("{table}.organisation = $1");
    let mut values: Vec<sea_orm::Value> = vec![device.organisation.into()];
    for (column, part) in ["country", "region", "district"]
        .into_iter()
        .zip(device.area.parts())
    {
        values.push(part.into());
        clause.push_str(&format!(" AND {table}.{column} = ${}", values.len()));
    }
    (clause, values)
}

async fn known(app: &App, device: &Device, key: &Secret<32>) -> Result<Vec<Known>, DeviceError> {
    let (clause, values) = inside(device, "i");
    let text = format!(
        "SELECT i.id, i.number, i.person FROM identities i WHERE {clause} AND i.parent IS NULL AND i.state = 0 \
         AND i.number IS NOT NULL AND i.id > ${} ORDER BY i.id LIMIT {PAGE}",
        values.len() + 1
    );
    let (mut known, mut after) = (Vec::new(), 0_i64);
    loop {
        let values = values.iter().cloned().chain([after.into()]);
        let rows = sql::all(app.db.reader(), &text, values).await?;
        for row in &rows {
            after = row.try_get_by_index(0)?;
            let (number, person): (String, String) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            let damaged = || DbError::Corrupt(format!("the record of identity {after}"));
            let mpi = MpiId::parse(&number).map_err(|_| damaged())?;
            let person = serde_json::from_str(&person).map_err(|_| damaged())?;
            known.push(Known::of(mpi, &person, key));
        }
        if rows.is_empty() {
            return Ok(known);
        }
    }
}

async fn cards(app: &App, device: &Device) -> Result<Vec<Numbered>, DeviceError> {
    let (clause, values) = inside(device, "r");
    let text = format!(
        "SELECT c.id, c.token_hash, c.kid, m.prefix, c.issued, c.expires, r.number FROM cards c \
         JOIN identities i ON i.id = c.identity JOIN identities r ON r.id = i.root \
         JOIN campaigns m ON m.id = c.campaign JOIN programmes p ON p.id = m.programme \
         WHERE {clause} AND p.sensitive = 0 AND c.kid IS NOT NULL AND c.expires IS NOT NULL AND r.number IS NOT NULL \
         AND c.id > ${} ORDER BY c.id LIMIT {PAGE}",
        values.len() + 1
    );
    let (mut cards, mut after) = (Vec::new(), 0_i64);
    loop {
        let values = values.iter().cloned().chain([after.into()]);
        let rows = sql::all(app.db.reader(), &text, values).await?;
        for row in &rows {
            after = row.try_get_by_index(0)?;
            cards.extend(numbered(row)?);
        }
        if rows.is_empty() {
            return Ok(cards);
        }
    }
}

fn numbered(row: &sea_orm::QueryResult) -> Result<Option<Numbered>, DeviceError> {
    let kid: String = row.try_get_by_index(2)?;
    let day = |at| -> Result<_, DeviceError> {
        let millis: i64 = row.try_get_by_index(at)?;
        Ok(clock::date_of_day(millis.div_euclid(DAY)))
    };
    let number: String = row.try_get_by_index(6)?;
    let (kid, mpi) = (kid.parse::<Kid>().ok(), MpiId::parse(&number).ok());
    let (Some(kid), Some(mpi), Some(issued), Some(expires)) = (kid, mpi, day(4)?, day(5)?) else {
        return Ok(None);
    };
    Ok(Some(Numbered {
        key: Key::of(&fixed(row, 1)?),
        kid,
        campaign: Some(row.try_get_by_index(3)?),
        issued,
        expires,
        handles: vec![Handle::Mpi(mpi)],
    }))
}
