//! Rows of the index.

use data_encoding::HEXLOWER;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};
use teranga_core::clock;
use teranga_core::ids::OsRandom;
use teranga_core::matching::sketch::Sketch;
use teranga_core::matching::{Decision, Judgement, PreparedPerson};
use teranga_core::person::{Demographics, MpiId};

use super::ready::Ready;
use super::{MpiError, Outcome};
use crate::access::Actor;
use crate::audit;
use crate::db::{DbError, Tx, sql};

/// A registration that was decided, as its rows need it.
pub(super) struct Decided<'a> {
    pub(super) ready: &'a Ready,
    pub(super) id: i64,
    /// Whom it stands under; itself when it is someone new.
    pub(super) root: i64,
    /// A number of its own, when it is someone new.
    pub(super) number: Option<MpiId>,
    /// Under which keys it is found.
    pub(super) keys: Vec<i64>,
    /// What is written down of the decision.
    pub(super) body: serde_json::Value,
    pub(super) outcome: Outcome,
}

impl Decided<'_> {
    fn is_new(&self) -> bool {
        self.root == self.id
    }
}

/// Most rows in one parameter.
const CHUNK: usize = 10_000;

/// Numbers for new identities.
pub(super) async fn ids(tx: &Tx, count: usize, highest: i64) -> Result<Vec<i64>, DbError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    match tx.get_database_backend() {
        DbBackend::Postgres => {
            let text =
                "SELECT nextval(pg_get_serial_sequence('identities', 'id')) FROM generate_series(1, $1)";
            let rows = sql::all(tx, text, [count.into()]).await?;
            Ok(rows
                .iter()
                .map(|row| row.try_get_by_index(0))
                .collect::<Result<_, _>>()?)
        }
        // One writer: nobody else counts on.
        _ => Ok((highest + 1..=highest + count).collect()),
    }
}

/// Draws a number; the database says whether it is taken when it is written.
pub(super) fn draw(person: &Demographics) -> Result<MpiId, MpiError> {
    let date = clock::date_of(clock::now());
    Ok(MpiId::generate(
        &person.place.country,
        &person.place.region,
        date,
        &mut OsRandom,
    )?)
}

/// Writes the rows of decided registrations.
pub(super) async fn all(tx: &Tx, decided: &[Decided<'_>], at: i64) -> Result<(), MpiError> {
    for chunk in decided.chunks(CHUNK) {
        identities(tx, chunk, at).await?;
        numbers(tx, chunk, at).await?;
        let packed: Vec<_> = chunk
            .iter()
            .map(|one| (one.id, one.ready.packed.clone()))
            .collect();
        prepared(tx, &packed).await?;
        words(tx, chunk.iter().map(|one| (one.id, one.ready.words()))).await?;
        for one in chunk {
            identifiers(
                tx,
                one.ready.organisation(),
                one.id,
                &one.ready.registration.person,
            )
            .await?;
        }
        facts(tx, chunk, at).await?;
        enrollments(tx, chunk, at).await?;
        let told = chunk.iter().map(|one| {
            let target = format!("identity:{}", one.id);
            one.ready.registration.actor.entry("person.register", target)
        });
        audit::record_all(tx, &told.collect::<Vec<_>>()).await?;
        answers(tx, chunk, at).await?;
    }
    let rows = decided.iter().flat_map(|one| {
        let sketch = one.ready.sketch;
        one.keys.iter().map(move |key| (*key, one.id, sketch))
    });
    Ok(keys(tx, rows.collect()).await?)
}

async fn identities(tx: &Tx, decided: &[Decided<'_>], at: i64) -> Result<(), DbError> {
    let columns = [
        sql::int(0),
        sql::int(1),
        sql::int(2),
        sql::int(3),
        sql::int(4),
        sql::text(5),
        sql::text(6),
        sql::text(7),
        sql::text(8),
        sql::text(9),
        sql::int(10),
        sql::int(11),
        sql::text(12),
    ];
    let text = format!(
        "INSERT INTO identities (id, organisation, parent, root, bond, number, person, country, region, district, \
         birth_year, sex, source, created, changed) SELECT {}, CAST($2 AS BIGINT), CAST($2 AS BIGINT) FROM {}",
        columns.join(", "),
        sql::rows(tx.get_database_backend(), 1)
    );
    let row = |one: &Decided<'_>| {
        let registration = &one.ready.registration;
        let place = &registration.person.place;
        let parent = (!one.is_new()).then_some(one.root);
        let number = one.number.as_ref().map(MpiId::as_str);
        serde_json::json!([
            one.id,
            one.ready.organisation(),
            parent,
            one.root,
            u8::from(!one.is_new()),
            number,
            one.ready.written,
            place.country,
            place.region,
            place.district,
            birth_year(&one.ready.prepared),
            registration.person.sex as i16,
            registration.source,
        ])
    };
    let rows: Vec<_> = decided.iter().map(row).collect();
    sql::run(tx, &text, [sql::table(&rows), at.into()]).await?;
    Ok(())
}

/// The year of birth, where it lies in one.
pub(super) fn birth_year(person: &PreparedPerson) -> Option<i32> {
    let shown = person.birth?.to_string();
    (!shown.contains('/')).then(|| shown.split('-').next()?.parse().ok())?
}

async fn numbers(tx: &Tx, decided: &[Decided<'_>], at: i64) -> Result<(), DbError> {
    let text = format!(
        "INSERT INTO numbers (code, number, organisation, identity, state, at) \
         SELECT {}, {}, {}, {}, 0, CAST($2 AS BIGINT) FROM {}",
        sql::text(0),
        sql::text(1),
        sql::int(2),
        sql::int(3),
        sql::rows(tx.get_database_backend(), 1)
    );
    let row = |one: &Decided<'_>| {
        let number = one.number.as_ref()?;
        Some(serde_json::json!([
            number.random_part(),
            number.as_str(),
            one.ready.organisation(),
            one.id
        ]))
    };
    let rows: Vec<_> = decided.iter().filter_map(row).collect();
    if !rows.is_empty() {
        sql::run(tx, &text, [sql::table(&rows), at.into()]).await?;
    }
    Ok(())
}

/// Writes prepared forms beside their records, over older ones.
pub(super) async fn prepared(tx: &Tx, rows: &[(i64, Vec<u8>)]) -> Result<(), DbError> {
    if rows.is_empty() {
        return Ok(());
    }
    let backend = tx.get_database_backend();
    let text = format!(
        "INSERT INTO prepared (identity, packed) SELECT {}, {} FROM {} WHERE true \
         ON CONFLICT (identity) DO UPDATE SET packed = excluded.packed",
        sql::int(0),
        sql::bytes(backend, 1),
        sql::rows(backend, 1)
    );
    let row = |(id, packed): &(i64, Vec<u8>)| serde_json::json!([id, HEXLOWER.encode(packed)]);
    let rows: Vec<_> = rows.iter().map(row).collect();
    sql::run(tx, &text, [sql::table(&rows)]).await?;
    Ok(())
}

/// Writes down under which keys people are found.
pub(super) async fn keys(tx: &Tx, mut rows: Vec<(i64, i64, Sketch)>) -> Result<(), DbError> {
    let text = format!(
        "INSERT INTO blocking_keys (key, identity, sketch) SELECT {}, {}, {} FROM {} WHERE true ON CONFLICT DO NOTHING",
        sql::int(0),
        sql::int(1),
        sql::int(2),
        sql::rows(tx.get_database_backend(), 1)
    );
    // In the order of the tree, so that neighbors are written together.
    rows.sort_unstable_by_key(|(key, id, _)| (*key, *id));
    for chunk in rows.chunks(2 * CHUNK) {
        let row = |(key, id, sketch): &(i64, i64, Sketch)| serde_json::json!([key, id, sketch.to_stored()]);
        let rows: Vec<_> = chunk.iter().map(row).collect();
        sql::run(tx, &text, [sql::table(&rows)]).await?;
    }
    Ok(())
}

/// Writes down by which words people are searched for.
pub(super) async fn words(tx: &Tx, people: impl Iterator<Item = (i64, Vec<i64>)>) -> Result<(), DbError> {
    let text = format!(
        "INSERT INTO name_words (word, identity) SELECT {}, {} FROM {} WHERE true ON CONFLICT DO NOTHING",
        sql::int(0),
        sql::int(1),
        sql::rows(tx.get_database_backend(), 1)
    );
    let mut rows: Vec<(i64, i64)> = people
        .flat_map(|(id, words)| words.into_iter().map(move |word| (word, id)))
        .collect();
    rows.sort_unstable();
    let rows: Vec<_> = rows.into_iter().map(|row| serde_json::json!(row)).collect();
    if !rows.is_empty() {
        sql::run(tx, &text, [sql::table(&rows)]).await?;
    }
    Ok(())
}

/// Writes the identifiers of other systems that a person has, for look-up.
pub(super) async fn identifiers(
    tx: &Tx,
    organisation: i64,
    id: i64,
    person: &Demographics,
) -> Result<(), DbError> {
    const INSERT: &str = "INSERT INTO identifiers (organisation, identity, system, value, verified) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (organisation, system, value, identity) \
         DO UPDATE SET verified = CASE WHEN excluded.verified > identifiers.verified THEN excluded.verified \
         ELSE identifiers.verified END";
    for identifier in &person.identifiers {
        let row = [
            organisation.into(),
            id.into(),
            identifier.system.clone().into(),
            identifier.value.clone().into(),
            i16::from(identifier.verified).into(),
        ];
        sql::run(tx, INSERT, row).await?;
    }
    Ok(())
}

async fn facts(tx: &Tx, decided: &[Decided<'_>], at: i64) -> Result<(), DbError> {
    let text = format!(
        "INSERT INTO facts (organisation, kind, identity, other, actor, body, at) \
         SELECT {}, {}, {}, {}, {}, {}, CAST($2 AS BIGINT) FROM {}",
        sql::int(0),
        sql::text(1),
        sql::int(2),
        sql::int(3),
        sql::text(4),
        sql::text(5),
        sql::rows(tx.get_database_backend(), 1)
    );
    let row = |one: &Decided<'_>| {
        let registration = &one.ready.registration;
        let (kind, other) = if one.is_new() {
            ("register", None)
        } else {
            ("link", Some(one.root))
        };
        serde_json::json!([
            one.ready.organisation(),
            kind,
            one.id,
            other,
            registration.actor.name(),
            one.body.to_string(),
        ])
    };
    let rows: Vec<_> = decided.iter().map(row).collect();
    sql::run(tx, &text, [sql::table(&rows), at.into()]).await?;
    Ok(())
}

/// Writes down who takes part in which program, unless they do already.
async fn enrollments(tx: &Tx, decided: &[Decided<'_>], at: i64) -> Result<(), DbError> {
    let text = format!(
        "INSERT INTO enrollments (organisation, programme, identity, source, enrolled) \
         SELECT {}, {}, {}, {}, CAST($2 AS BIGINT) FROM {} WHERE NOT EXISTS (SELECT 1 FROM identities i \
         JOIN enrollments e ON e.identity = i.id WHERE (i.id = {root} OR i.parent = {root}) AND e.programme = {})",
        sql::int(0),
        sql::int(1),
        sql::int(2),
        sql::text(3),
        sql::rows(tx.get_database_backend(), 1),
        sql::int(1),
        root = sql::int(4),
    );
    let row = |one: &Decided<'_>| {
        let registration = &one.ready.registration;
        let program = registration.program?;
        let organisation = one.ready.organisation();
        Some(serde_json::json!([
            organisation,
            program,
            one.id,
            registration.source,
            one.root
        ]))
    };
    let rows: Vec<_> = decided.iter().filter_map(row).collect();
    if !rows.is_empty() {
        sql::run(tx, &text, [sql::table(&rows), at.into()]).await?;
    }
    Ok(())
}

/// Remembers what was answered to registrations that came with a key.
async fn answers(tx: &Tx, decided: &[Decided<'_>], at: i64) -> Result<(), DbError> {
    let backend = tx.get_database_backend();
    let text = format!(
        "INSERT INTO idempotency (organisation, key, fingerprint, identity, answer, at) \
         SELECT {}, {}, {}, {}, {}, CAST($2 AS BIGINT) FROM {}",
        sql::int(0),
        sql::text(1),
        sql::bytes(backend, 2),
        sql::int(3),
        sql::text(4),
        sql::rows(backend, 1)
    );
    let row = |one: &Decided<'_>| {
        let key = one.ready.registration.key.as_ref()?;
        let answer = serde_json::json!(one.outcome).to_string();
        let fingerprint = HEXLOWER.encode(&one.ready.fingerprint);
        Some(serde_json::json!([
            one.ready.organisation(),
            key,
            fingerprint,
            one.id,
            answer
        ]))
    };
    let rows: Vec<_> = decided.iter().filter_map(row).collect();
    if !rows.is_empty() {
        sql::run(tx, &text, [sql::table(&rows), at.into()]).await?;
    }
    Ok(())
}

pub(super) async fn number_of<C: ConnectionTrait>(tx: &C, id: i64) -> Result<MpiId, MpiError> {
    let row = sql::one(tx, "SELECT number FROM identities WHERE id = $1", [id.into()]).await?;
    let text: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose()?.flatten();
    text.and_then(|text| MpiId::parse(&text).ok())
        .ok_or(MpiError::Unknown)
}

/// Writes down what happened, for the record of the identity and for the audit.
pub(super) async fn fact(
    tx: &Tx,
    actor: &Actor,
    (kind, action): (&str, &'static str),
    (identity, other): (i64, Option<i64>),
    body: &serde_json::Value,
) -> Result<i64, MpiError> {
    const INSERT: &str = "INSERT INTO facts (organisation, kind, identity, other, actor, at, body) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id";
    let values = [
        actor.organisation.into(),
        kind.into(),
        identity.into(),
        other.into(),
        actor.name().into(),
        actor.at.into(),
        body.to_string().into(),
    ];
    let target = match other {
        Some(other) => format!("identity:{identity},identity:{other}"),
        None => format!("identity:{identity}"),
    };
    audit::record(tx, &actor.entry(action, target)).await?;
    Ok(sql::number(tx, INSERT, values).await?)
}

pub(super) fn written(person: &Demographics) -> Result<String, DbError> {
    serde_json::to_string(person).map_err(|_| DbError::Internal("a person cannot be written".to_owned()))
}

/// The person in a column; a row that does not read is a damaged one.
pub(super) fn person_in(row: &QueryResult, column: usize) -> Result<Demographics, DbError> {
    let text: String = row.try_get_by_index(column)?;
    serde_json::from_str(&text).map_err(|_| DbError::Corrupt("a person does not read".to_owned()))
}

/// A pair that a person has to look at.
pub(super) struct Review {
    pub(super) organisation: i64,
    /// The smaller identity first.
    pub(super) pair: (i64, i64),
    pub(super) judgement: Judgement,
    pub(super) model: String,
    pub(super) region: String,
}

/// Opens a review of a pair, unless there was one.
pub(super) async fn review(tx: &Tx, review: &Review, at: i64) -> Result<(), DbError> {
    const INSERT: &str = "INSERT INTO reviews (organisation, low, high, kind, score, similarity, veto, model, region, \
         opened) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (low, high) DO NOTHING";
    let judgement = &review.judgement;
    let kind = if judgement.decision == Decision::Alert {
        "alert"
    } else {
        "review"
    };
    let veto = judgement
        .veto
        .and_then(|veto| serde_json::to_value(veto).ok()?.as_str().map(str::to_owned));
    let row = [
        review.organisation.into(),
        review.pair.0.into(),
        review.pair.1.into(),
        kind.into(),
        judgement.score.0.into(),
        i32::from(judgement.similarity.0).into(),
        veto.into(),
        review.model.clone().into(),
        review.region.clone().into(),
        at.into(),
    ];
    sql::run(tx, INSERT, row).await.map(|_| ())
}
