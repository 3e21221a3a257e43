//! The run: many rows in one transaction, with what became of each.

use sea_orm::ConnectionTrait;
use sha2::{Digest as _, Sha256};
use teranga_core::matching::Decision;
use teranga_core::person::{Demographics, MpiId};

use super::File;
use crate::access::Actor;
use crate::audit;
use crate::db::rows::{Column, Rows};
use crate::db::{Db, DbError, Tx, sql};
use crate::mpi::{Index, MpiError, Outcome, Outcomes, Registration, search};

/// Why an import stopped. Sent again, it goes on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The database's own.
    #[error("{0}; what was taken in stays, send the same file again to go on")]
    Db(#[from] DbError),
    /// Another run of the same file is under way.
    #[error("another run of the same file is under way; wait for its end")]
    UnderWay,
}

/// What became of the rows of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Tally {
    /// Someone who was registered already.
    pub linked: u64,
    /// New, and a person looks at whether it is someone who was there.
    pub review: u64,
    /// New, and like someone who was there.
    pub alert: u64,
    /// New.
    pub new: u64,
    /// Left out.
    pub refused: u64,
}

impl Tally {
    /// All rows.
    pub fn total(&self) -> u64 {
        self.linked + self.review + self.alert + self.new + self.refused
    }

    fn add(&mut self, outcome: &str, rows: u64) {
        let counter = match outcome {
            "linked" => &mut self.linked,
            "review" => &mut self.review,
            "alert" => &mut self.alert,
            "new" => &mut self.new,
            _ => &mut self.refused,
        };
        *counter += rows;
    }
}

/// An import that is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Began {
    /// Its row.
    pub id: i64,
    /// Rows that an earlier run took in.
    pub done: u64,
}

/// Writes down that a file is being taken in, or finds the run that began it.
pub async fn begin(db: &Db, actor: &Actor, program: Option<i64>, file: &File) -> Result<Began, ImportError> {
    // The same file for another program is another import.
    let digest: [u8; 32] = Sha256::new()
        .chain_update(file.digest)
        .chain_update(program.unwrap_or_default().to_be_bytes())
        .finalize()
        .into();
    let (actor, faults) = (actor.clone(), file.faults.clone());
    let total = file.people.len() + faults.len();
    db.write(move |tx| Box::pin(async move { written(tx, &actor, program, &digest, total, &faults).await }))
        .await
}

async fn written(
    tx: &Tx,
    actor: &Actor,
    program: Option<i64>,
    digest: &[u8],
    total: usize,
    faults: &[(u64, String)],
) -> Result<Began, ImportError> {
    const FIND: &str = "SELECT id, rows_done FROM imports WHERE organisation = $1 AND digest = $2";
    let keys = [actor.organisation.into(), digest.to_vec().into()];
    if let Some(row) = sql::one(tx, FIND, keys).await? {
        let done: i64 = row.try_get_by_index(1).map_err(DbError::from)?;
        return Ok(Began {
            id: row.try_get_by_index(0).map_err(DbError::from)?,
            done: done.unsigned_abs(),
        });
    }
    const INSERT: &str = "INSERT INTO imports (organisation, programme, digest, rows_total, actor, started) \
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    let row = [
        actor.organisation.into(),
        program.into(),
        digest.to_vec().into(),
        i64::try_from(total).unwrap_or(i64::MAX).into(),
        actor.name().into(),
        actor.at.into(),
    ];
    let id = sql::number(tx, INSERT, row).await?;
    audit::record(tx, &actor.entry("import.begin", format!("import:{id}"))).await?;
    let rows = faults.iter().map(|(line, reason)| Row {
        line: *line,
        outcome: "refused".to_owned(),
        mpi_id: None,
        reason: Some(reason.clone()),
    });
    keep(tx, id, &rows.collect::<Vec<_>>()).await?;
    Ok(Began { id, done: 0 })
}

/// Registers the rows that were not yet, `together` in a transaction; `observer` hears how many are done.
pub async fn run(
    db: &Db,
    index: &Index,
    actor: &Actor,
    program: Option<i64>,
    (began, file): (Began, File),
    together: usize,
    observer: &(dyn Fn(u64) + Sync),
) -> Result<Tally, ImportError> {
    let done = lines(db, began.id).await?;
    let mut open = file.people;
    open.retain(|(line, _)| done.binary_search(&line.cast_signed()).is_err());
    let mut seen = done.len() as u64;
    observer(seen);
    for chunk in open.chunks(together.max(1)) {
        let registration = |person: &Demographics| Registration {
            actor: actor.clone(),
            person: person.clone(),
            source: "import".to_owned(),
            program,
            key: None,
        };
        let list = chunk.iter().map(|(_, person)| registration(person)).collect();
        let lines: Vec<u64> = chunk.iter().map(|(line, _)| *line).collect();
        let import = began.id;
        let taken = index.register_then(list, move |tx, outcomes| {
            Box::pin(async move { Ok(keep(tx, import, &rows_of(&lines, outcomes)?).await?) })
        });
        match taken.await {
            Ok(()) => {}
            Err(MpiError::Db(DbError::Conflict(what))) if what.contains("import_rows") => {
                return Err(ImportError::UnderWay);
            }
            Err(MpiError::Db(error)) => return Err(error.into()),
            Err(error) => return Err(DbError::Internal(error.to_string()).into()),
        }
        seen += chunk.len() as u64;
        observer(seen);
    }
    finish(db, actor, began.id).await?;
    Ok(tally(db.reader(), began.id).await?)
}

async fn finish(db: &Db, actor: &Actor, id: i64) -> Result<(), DbError> {
    let actor = actor.clone();
    db.write(move |tx| {
        Box::pin(async move {
            const UPDATE: &str = "UPDATE imports SET finished = $1 WHERE id = $2 AND finished IS NULL";
            if sql::run(tx, UPDATE, [actor.at.into(), id.into()]).await? == 1 {
                audit::record(tx, &actor.entry("import.end", format!("import:{id}"))).await?;
            }
            Ok(())
        })
    })
    .await
}

/// Rows of outcomes. A fault of the database is nobody's outcome.
fn rows_of(lines: &[u64], outcomes: Outcomes) -> Result<Vec<Row>, MpiError> {
    let row = |(line, outcome): (&u64, Result<Outcome, MpiError>)| {
        let (outcome, mpi_id, reason) = match outcome {
            Ok(outcome) => (word(outcome.decision), Some(outcome.number.to_string()), None),
            Err(MpiError::Db(error)) => return Err(error.into()),
            Err(error) => ("refused", None, Some(error.to_string())),
        };
        Ok(Row {
            line: *line,
            outcome: outcome.to_owned(),
            mpi_id,
            reason,
        })
    };
    lines.iter().zip(outcomes).map(row).collect()
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Link => "linked",
        Decision::Review => "review",
        Decision::Alert => "alert",
        Decision::New => "new",
    }
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Row {
    /// The line at which it begins, as an editor counts.
    #[schema(example = 17)]
    pub line: u64,
    /// linked, review, alert, new or refused.
    #[schema(example = "linked")]
    pub outcome: String,
    /// The person's MPI id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "SN-DKR-26-9XQ7LM2A")]
    pub mpi_id: Option<String>,
    /// Why it was left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

async fn keep(tx: &Tx, import: i64, rows: &[Row]) -> Result<(), DbError> {
    if rows.is_empty() {
        return Ok(());
    }
    let columns = [Column::Int, Column::Int, Column::Text, Column::Text, Column::Text];
    let mut table = Rows::new(tx.get_database_backend(), columns);
    for row in rows {
        table.push([
            import.into(),
            row.line.cast_signed().into(),
            (&row.outcome).into(),
            row.mpi_id.as_deref().into(),
            row.reason.as_deref().into(),
        ]);
    }
    table
        .insert(tx, "import_rows (import, line, outcome, number, reason)", "")
        .await?;
    let done = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    const UPDATE: &str = "UPDATE imports SET rows_done = rows_done + $1 WHERE id = $2";
    sql::run(tx, UPDATE, [done.into(), import.into()]).await?;
    Ok(())
}

/// Lines that were taken in, ascending.
async fn lines(db: &Db, import: i64) -> Result<Vec<i64>, DbError> {
    const SELECT: &str = "SELECT line FROM import_rows WHERE import = $1 ORDER BY line";
    let rows = sql::all(db.reader(), SELECT, [import.into()]).await?;
    Ok(rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<_, _>>()?)
}

/// How many rows became what, so far.
pub async fn tally<C: ConnectionTrait>(connection: &C, import: i64) -> Result<Tally, DbError> {
    const COUNT: &str = "SELECT outcome, count(*) FROM import_rows WHERE import = $1 GROUP BY outcome";
    let mut tally = Tally::default();
    for row in sql::all(connection, COUNT, [import.into()]).await? {
        let (outcome, rows): (String, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        tally.add(&outcome, rows.unsigned_abs());
    }
    Ok(tally)
}

/// Rows after a line, of one outcome or of all.
pub async fn rows<C: ConnectionTrait>(
    connection: &C,
    import: i64,
    outcome: Option<&str>,
    after: u64,
    most: u32,
) -> Result<Vec<Row>, DbError> {
    const SELECT: &str = "SELECT line, outcome, number, reason FROM import_rows WHERE import = $1 AND line > $2 \
         AND ($3 = '' OR outcome = $3) ORDER BY line LIMIT $4";
    let values = [
        import.into(),
        after.cast_signed().into(),
        outcome.unwrap_or_default().into(),
        i64::from(most).into(),
    ];
    let found = sql::all(connection, SELECT, values).await?;
    let row = |row: &sea_orm::QueryResult| {
        Ok(Row {
            line: row.try_get_by_index::<i64>(0)?.unsigned_abs(),
            outcome: row.try_get_by_index(1)?,
            mpi_id: row.try_get_by_index(2)?,
            reason: row.try_get_by_index(3)?,
        })
    };
    found.iter().map(row).collect()
}

/// What would become of the rows, as far as the register tells: nothing is written, and people who are in the file twice
/// are not told from each other.
pub async fn foreseen(
    db: &Db,
    organisation: i64,
    file: &File,
    observer: &(dyn Fn(u64) + Sync),
) -> Result<Tally, MpiError> {
    let mut tally = Tally::default();
    tally.add("refused", file.faults.len() as u64);
    for (at, (_, person)) in file.people.iter().enumerate() {
        let date = teranga_core::clock::today();
        let draw = MpiId::generate(
            &person.place.country,
            &person.place.region,
            date,
            &mut teranga_core::ids::OsRandom,
        );
        let decision = match search::matches(db.reader(), organisation, person, 1)
            .await?
            .first()
        {
            Some(best) => word(best.judgement.decision),
            None => "new",
        };
        let outcome = if decision != "linked" && draw.is_err() {
            "refused"
        } else {
            decision
        };
        tally.add(outcome, 1);
        observer(at as u64 + 1);
    }
    Ok(tally)
}
