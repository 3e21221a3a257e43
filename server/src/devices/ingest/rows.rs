//! A row for every packet, consents, and the history's counts.

use data_encoding::HEXLOWER;
use sea_orm::ConnectionTrait as _;
use teranga_core::wire::fact::{Body, Consent, Given};
use teranga_core::wire::receipt::Outcome;

use super::unseal::{Content, Opened};
use super::{Answer, Context, Key};
use crate::app::App;
use crate::db::{DbError, Tx, sql};

/// A packet and what became of it.
pub(super) struct Done {
    pub(super) opened: Opened,
    pub(super) answer: Answer,
    /// The registration's row.
    pub(super) identity: Option<i64>,
}

/// Writes the rows of packets. One that is there already fails the transaction.
pub(super) async fn write(tx: &Tx, context: &Context, done: &[Done]) -> Result<(), DbError> {
    let backend = tx.get_database_backend();
    let columns = [
        sql::bytes(backend, 0),
        sql::int(1),
        sql::bytes(backend, 2),
        sql::text(3),
        format!("CAST(listed.value->>{} AS SMALLINT)", 4),
        sql::text(5),
        sql::int(6),
        sql::text(7),
        sql::int(8),
        sql::int(9),
        sql::bytes(backend, 10),
    ];
    let text = format!(
        "INSERT INTO device_packets (packet, sequence, digest, kind, outcome, refusal, identity, told, user_id, at, \
         sealed, device, organisation, received) SELECT {}, CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT) FROM {}",
        columns.join(", "),
        sql::rows(backend, 1)
    );
    let rows: Vec<_> = done.iter().map(row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let device = &context.device;
    if context.release {
        // In the same transaction: a packet is aside, or it was taken in.
        let aside = format!(
            "DELETE FROM device_packets WHERE device = $2 AND outcome = 4 AND packet IN (SELECT {} FROM {})",
            sql::bytes(backend, 0),
            sql::rows(backend, 1)
        );
        sql::run(tx, &aside, [sql::table(&rows), device.row.into()]).await?;
    }
    let values = [
        sql::table(&rows),
        device.row.into(),
        device.organisation.into(),
        context.at.into(),
    ];
    sql::run(tx, &text, values).await?;
    consents(tx, context, done).await
}

fn row(done: &Done) -> serde_json::Value {
    let Done {
        opened,
        answer,
        identity,
    } = done;
    let (user, at) = match &opened.content {
        Content::Fact(fact) => (Some(fact.user), fact.at.as_millisecond()),
        Content::Unreadable => (None, 0),
    };
    let refusal = matches!(answer.outcome, Outcome::Refused { .. });
    let kept = matches!(answer.outcome, Outcome::Kept);
    serde_json::json!([
        HEXLOWER.encode(&opened.packet.to_bytes()),
        opened.sequence,
        HEXLOWER.encode(&opened.digest),
        opened.kind(),
        code(&answer.outcome),
        refusal.then(|| serde_json::to_string(&answer.outcome).unwrap_or_default()),
        identity,
        answer.mpi.as_ref().map(|mpi| mpi.as_str()),
        user.and_then(|user| i64::try_from(user).ok()),
        at,
        kept.then(|| HEXLOWER.encode(&opened.sealed.to_bytes())),
    ])
}

/// The number that stands for an outcome.
pub(super) fn code(outcome: &Outcome) -> i16 {
    match outcome {
        Outcome::Accepted => 0,
        Outcome::Linked => 1,
        Outcome::Review => 2,
        Outcome::Refused { .. } => 3,
        Outcome::Kept | Outcome::Later { .. } => 4,
    }
}

/// What people agreed to, and how many declined.
async fn consents(tx: &Tx, context: &Context, done: &[Done]) -> Result<(), DbError> {
    let text = format!(
        "INSERT INTO consents (identity, programme, text, version, language, how, declined, at, organisation, received) \
         SELECT {}, {}, {}, CAST(listed.value->>3 AS INTEGER), {}, {}, CAST(listed.value->>6 AS SMALLINT), {}, \
         CAST($2 AS BIGINT), CAST($3 AS BIGINT) FROM {}",
        sql::int(0),
        sql::int(1),
        sql::text(2),
        sql::text(4),
        sql::text(5),
        sql::int(7),
        sql::rows(tx.get_database_backend(), 1)
    );
    let rows: Vec<_> = done.iter().filter_map(consent).collect();
    if !rows.is_empty() {
        let values = [
            sql::table(&rows),
            context.device.organisation.into(),
            context.at.into(),
        ];
        sql::run(tx, &text, values).await?;
    }
    Ok(())
}

fn consent(done: &Done) -> Option<serde_json::Value> {
    let Content::Fact(fact) = &done.opened.content else {
        return None;
    };
    let at = fact.at.as_millisecond();
    let of = |consent: &Consent, identity: Option<i64>, program: Option<u64>| {
        serde_json::json!([
            identity,
            program,
            consent.text,
            consent.version,
            consent.language,
            how(consent.how),
            i16::from(identity.is_none()),
            at
        ])
    };
    match &fact.body {
        Body::Registered(registered) => {
            let identity = Some(done.identity?);
            Some(of(&registered.consent, identity, registered.program))
        }
        Body::Declined { program, consent } if done.answer.outcome == Outcome::Accepted => {
            Some(of(consent, None, *program))
        }
        _ => None,
    }
}

fn how(given: Given) -> &'static str {
    match given {
        Given::Spoken => "spoken",
        Given::Signed => "signed",
        Given::Thumbprint => "thumbprint",
        Given::Guardian => "guardian",
    }
}

/// Adds to the history's line of a session.
pub(super) async fn count(
    app: &App,
    context: &Context,
    answers: &[(Key, Answer)],
    again: i64,
) -> Result<(), DbError> {
    let Some(sync) = context.sync.filter(|_| !answers.is_empty()) else {
        return Ok(());
    };
    let of = |name: &str| {
        let count = answers
            .iter()
            .filter(|(_, answer)| answer.outcome.name() == name)
            .count();
        i64::try_from(count).unwrap_or(i64::MAX)
    };
    let counts = ["accepted", "linked", "review", "refused", "kept"].map(of);
    const COUNT: &str = "UPDATE device_syncs SET accepted = accepted + $1, linked = linked + $2, \
         reviewed = reviewed + $3, refused = refused + $4, kept = kept + $5, again = again + $6 WHERE id = $7";
    let work = app.db.write(move |tx| {
        Box::pin(async move {
            let [accepted, linked, reviewed, refused, kept] = counts;
            let values = [accepted, linked, reviewed, refused, kept, again, sync];
            sql::run(tx, COUNT, values.map(Into::into)).await
        })
    });
    let _: u64 = work.await?;
    Ok(())
}
