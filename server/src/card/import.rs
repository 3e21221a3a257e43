//! `teranga card import`: cards that were made elsewhere, taken into the database.
//!
//! The file is the one that bundles are built from ([`super::records`]): what `teranga card make` printed, or the
//! registry of an older system. Running it again changes nothing but what is new: cards that were not there, and
//! revocations.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use teranga_core::registry::Handle;

use super::Reason;
use super::command::At;
use super::records::{self, Card};
use super::store::{self, CardError, NewCard, Revocation};
use crate::db::{Db, DbError, Tx, sql};

/// Cards that are taken in by one transaction.
const CHUNK: usize = 1000;

/// Arguments of `teranga card import`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// CSV of cards: token_hash, kid, issued, expires; where known revoked, campaign, card_code, mpi_id
    file: PathBuf,
    /// Prefix of the campaign of the lines that name none
    #[arg(long)]
    campaign: Option<String>,
    #[command(flatten)]
    at: At,
}

/// What was taken in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Lines read.
    pub read: u64,
    /// Cards that were not there.
    pub added: u64,
    /// Cards that count no longer from now on.
    pub revoked: u64,
}

/// Runs the command.
#[expect(clippy::print_stdout, reason = "this is the command's output")]
pub async fn run(args: &Args) -> anyhow::Result<()> {
    let (db, organisation) = args.at.open().await?;
    let cards = records::read(&args.file)?;
    let done = import(&db, organisation, args.campaign.as_deref(), cards).await?;
    let known = done.read - done.added;
    println!(
        "{} cards read: {} added, {known} known already; {} newly revoked",
        done.read, done.added, done.revoked
    );
    Ok(db.close().await?)
}

/// Takes cards in, chunk by chunk. An error names the line; what came before it stays.
pub async fn import(
    db: &Db,
    organisation: i64,
    campaign: Option<&str>,
    cards: impl Iterator<Item = anyhow::Result<Card>>,
) -> anyhow::Result<Imported> {
    let campaigns = campaigns(db, organisation).await?;
    let mut done = Imported::default();
    let mut chunk = Vec::with_capacity(CHUNK);
    let mut cards = cards.peekable();
    while let Some(card) = cards.next() {
        let card = card?;
        done.read += 1;
        let prefix = card.numbered.campaign.as_deref().or(campaign);
        let prefix =
            prefix.with_context(|| format!("card {} names no campaign; give --campaign", done.read))?;
        let Some(campaign) = campaigns.get(prefix) else {
            bail!("card {}: the organisation has no campaign {prefix}", done.read);
        };
        chunk.push((*campaign, card));
        if chunk.len() == CHUNK || cards.peek().is_none() {
            let chunk = std::mem::take(&mut chunk);
            let (added, revoked) = db
                .write(move |tx| Box::pin(async move { take_in(tx, organisation, &chunk).await }))
                .await?;
            done.added += added;
            done.revoked += revoked;
        }
    }
    Ok(done)
}

async fn campaigns(db: &Db, organisation: i64) -> Result<HashMap<String, i64>, DbError> {
    const ALL: &str = "SELECT prefix, id FROM campaigns WHERE organisation = $1";
    let rows = sql::all(db.reader(), ALL, [organisation.into()]).await?;
    let pair = |row: &sea_orm::QueryResult| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
    rows.iter().map(pair).collect()
}

/// The cards that were new, and those that count no longer.
async fn take_in(tx: &Tx, organisation: i64, cards: &[(i64, Card)]) -> Result<(u64, u64), CardError> {
    let mut rows = Vec::with_capacity(cards.len());
    for (campaign, card) in cards {
        rows.push(row(tx, organisation, *campaign, card).await?);
    }
    let added = store::insert_all(tx, &rows).await?;
    let mut revoked = 0;
    for (_, card) in cards {
        if let Some(day) = card.revoked {
            let revocation = Revocation {
                organisation,
                token_hash: card.token_hash,
                reason: Reason::Imported,
                at: store::millis(day),
                actor: "console".to_owned(),
            };
            revoked += u64::from(store::revoke(tx, &revocation).await?);
        }
    }
    Ok((added, revoked))
}

async fn row(tx: &Tx, organisation: i64, campaign: i64, card: &Card) -> Result<NewCard, DbError> {
    const HOLDER: &str = "SELECT identity FROM numbers WHERE number = $1 AND organisation = $2";
    let (mut code, mut identity) = (None, None);
    for handle in &card.numbered.handles {
        match handle {
            Handle::Code(found) => code = Some(*found),
            Handle::Mpi(id) => {
                let row = sql::one(tx, HOLDER, [id.as_str().into(), organisation.into()]).await?;
                identity = row.map(|row| row.try_get_by_index(0)).transpose()?.flatten();
            }
            Handle::Legacy(_) => {}
        }
    }
    Ok(NewCard {
        organisation,
        campaign,
        identity,
        token_hash: card.token_hash,
        code,
        kid: Some(card.numbered.kid),
        issued: card.numbered.issued,
        expires: Some(card.numbered.expires),
    })
}
