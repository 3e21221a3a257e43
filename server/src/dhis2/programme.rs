//! Programs of a DHIS2 server that are read: kept, mapped, scheduled.

use sea_orm::{ConnectionTrait, QueryResult};
use teranga_core::guard::{Category, Guard};

use super::Dhis2Error;
use super::client::Program;
use super::connection::Connection;
use super::mapping::{self, Mappings};
use crate::access::Actor;
use crate::audit;
use crate::db::{Db, DbError, Tx, sql};
use crate::keys::Vault;
use crate::org::{NewProgram, OrgError, add_program};

/// A program that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programme {
    /// Its row.
    pub id: i64,
    /// Whose.
    pub organisation: i64,
    /// Its UID in DHIS2.
    pub uid: String,
    /// Its name there.
    pub name: String,
    /// The program here.
    pub program: i64,
    /// Minutes between scheduled syncs.
    pub interval_minutes: i32,
    /// Whether it is read by the clock.
    pub enabled: bool,
    /// When it is read next.
    pub due: Option<i64>,
    /// When everything was last compared.
    pub reconciled: Option<i64>,
    /// The DHIS2 server's clock at the beginning of the last sync that came to its end.
    pub since: Option<String>,
}

const COLUMNS: &str =
    "id, organisation, uid, name, programme, interval_minutes, enabled, due, reconciled, since";

fn read(row: &QueryResult) -> Result<Programme, DbError> {
    Ok(Programme {
        id: row.try_get_by_index(0)?,
        organisation: row.try_get_by_index(1)?,
        uid: row.try_get_by_index(2)?,
        name: row.try_get_by_index(3)?,
        program: row.try_get_by_index(4)?,
        interval_minutes: row.try_get_by_index(5)?,
        enabled: row.try_get_by_index::<i16>(6)? != 0,
        due: row.try_get_by_index(7)?,
        reconciled: row.try_get_by_index(8)?,
        since: row.try_get_by_index(9)?,
    })
}

/// The programs of an organization that are mapped.
pub async fn programmes<C: ConnectionTrait>(
    connection: &C,
    organisation: i64,
) -> Result<Vec<Programme>, DbError> {
    let text = format!("SELECT {COLUMNS} FROM dhis2_programmes WHERE organisation = $1 ORDER BY name, id");
    let rows = sql::all(connection, &text, [organisation.into()]).await?;
    rows.iter().map(read).collect()
}

/// The mapped program of an organization with a UID.
///
/// # Errors
/// [`Dhis2Error::NotMapped`] where there is none.
pub async fn programme<C: ConnectionTrait>(
    connection: &C,
    organisation: i64,
    uid: &str,
) -> Result<Programme, Dhis2Error> {
    let text = format!("SELECT {COLUMNS} FROM dhis2_programmes WHERE organisation = $1 AND uid = $2");
    let row = sql::one(connection, &text, [organisation.into(), uid.into()]).await?;
    Ok(read(&row.ok_or(Dhis2Error::NotMapped)?)?)
}

/// Keeps a connection that was tried.
pub async fn connect(
    db: &Db,
    vault: &Vault,
    actor: &Actor,
    connection: Connection,
) -> Result<(), Dhis2Error> {
    // Sealing needs the vault, which does not go into the transaction.
    let sealed = connection.sealed_row(vault, actor.at)?;
    let actor = actor.clone();
    db.write(move |tx| {
        Box::pin(async move {
            sealed.write(tx).await?;
            audit::record(tx, &actor.entry("dhis2.connect", "dhis2")).await?;
            Ok(())
        })
    })
    .await
}

/// Saves the mapping of a program, and makes the program here when it is mapped for the first time.
pub async fn map(
    db: &Db,
    actor: &Actor,
    guard: &Guard,
    found: &Program,
    mappings: Mappings,
) -> Result<Programme, Dhis2Error> {
    let says = mapping::program_findings(guard, found);
    let (actor, found) = (actor.clone(), found.clone());
    let kind = match says.first().map(|finding| finding.category) {
        Some(Category::Hiv) => "hiv",
        _ => "other",
    };
    let sensitive = !says.is_empty();
    db.write(move |tx| {
        Box::pin(async move {
            let programme = match programme(tx, actor.organisation, &found.uid).await {
                Err(Dhis2Error::NotMapped) => make(tx, &actor, &found, (kind, sensitive)).await?,
                other => other?,
            };
            mapping::write(tx, programme.id, &mappings).await?;
            let target = format!("dhis2-programme:{}", programme.id);
            audit::record(tx, &actor.entry("dhis2.map", target)).await?;
            Ok(programme)
        })
    })
    .await
}

/// A program of which being in it says something gets a name for the public that does not say it.
async fn make(
    tx: &Tx,
    actor: &Actor,
    found: &Program,
    (kind, sensitive): (&str, bool),
) -> Result<Programme, Dhis2Error> {
    const INSERT: &str = "INSERT INTO dhis2_programmes (organisation, uid, code, name, programme) \
         VALUES ($1, $2, $3, $4, $5) RETURNING id";
    let new = NewProgram {
        code: format!("dhis2-{}", found.uid.to_lowercase()),
        name: found.name.chars().take(100).collect(),
        public_name: sensitive.then(|| "Health program".to_owned()),
        kind: kind.to_owned(),
        sensitive,
        retention_years: Some(5),
        at: actor.at,
    };
    let program = add_program(tx, actor.organisation, &new)
        .await
        .map_err(|error| match error {
            OrgError::Db(error) => Dhis2Error::Db(error),
            _ => Dhis2Error::Mapping(
                "the program's name cannot be taken over; rename it in DHIS2 and map again",
            ),
        })?;
    let row = [
        actor.organisation.into(),
        found.uid.clone().into(),
        found.code.clone().into(),
        found.name.clone().into(),
        program.into(),
    ];
    sql::number(tx, INSERT, row).await?;
    programme(tx, actor.organisation, &found.uid).await
}

/// Sets how often a program is read.
pub async fn schedule(
    db: &Db,
    actor: &Actor,
    uid: &str,
    (interval_minutes, enabled): (i32, bool),
) -> Result<Programme, Dhis2Error> {
    let (actor, uid) = (actor.clone(), uid.to_owned());
    db.write(move |tx| {
        Box::pin(async move {
            let found = programme(tx, actor.organisation, &uid).await?;
            const UPDATE: &str =
                "UPDATE dhis2_programmes SET interval_minutes = $1, enabled = $2, due = $3 WHERE id = $4";
            let due = enabled.then_some(actor.at);
            let row = [
                interval_minutes.into(),
                i16::from(enabled).into(),
                due.into(),
                found.id.into(),
            ];
            sql::run(tx, UPDATE, row).await?;
            let target = format!("dhis2-programme:{}", found.id);
            audit::record(tx, &actor.entry("dhis2.schedule", target)).await?;
            programme(tx, actor.organisation, &uid).await
        })
    })
    .await
}
