//! `registry.json` of a campaign.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use teranga_core::card::code::{CardCode, CodeSalt};
use teranga_core::registry::portal::{self, Contents};

use super::{cards, status};
use crate::app::App;
use crate::db::DbError;
use crate::queue::Failure;

/// The most cards of a campaign that a browser's file has room for.
pub(super) const MOST_CARDS: usize = 4_000_000;

/// The signed file; none for a campaign with more cards than a browser takes.
pub(super) async fn build(
    app: &App,
    (organisation, campaign, prefix): (i64, i64, &str),
    (number, covers_before): (i64, Date),
) -> Result<Option<Vec<u8>>, Failure> {
    let of = (organisation, Some(campaign));
    let [mut good, mut revoked]: [Vec<CardCode>; 2] = [Vec::new(), Vec::new()];
    cards::each(&app.db, of, |card| {
        let handle = data_encoding::HEXLOWER.encode(&card.token_hash);
        if let Some(code) = code(app, &handle, card.print.as_deref())? {
            if card.is_revoked { &mut revoked } else { &mut good }.push(code);
        }
        Ok(())
    })
    .await?;
    if good.len() + revoked.len() > MOST_CARDS {
        return Ok(None);
    }
    let filter = status::filter(&app.db, of, covers_before).await?;
    let now = app.clock.now();
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let campaign = prefix.to_owned();
    let salt = salt(organisation, prefix);
    let text = status::sign(app, move |publisher| {
        let contents = Contents {
            campaign: &campaign,
            number: number.unsigned_abs(),
            covers_before,
            issued_and_next: (now, now + SignedDuration::from_hours(24)),
            filter: &filter,
            salt,
            codes: &good,
            revoked_codes: &revoked,
        };
        Ok(portal::sign(&contents, publisher)?)
    });
    Ok(Some(text.await?.into_bytes()))
}

/// A salt of each campaign: it keeps one table of hashes from serving for two campaigns, and need not be secret.
fn salt(organisation: i64, prefix: &str) -> CodeSalt {
    let digest = Sha256::new()
        .chain_update(b"teranga/portal/salt/v1\0")
        .chain_update(organisation.to_be_bytes())
        .chain_update(prefix)
        .finalize();
    let mut salt = [0; 16];
    salt.copy_from_slice(&digest[..16]);
    CodeSalt(salt)
}

/// The code printed on a card, from what is kept sealed.
fn code(app: &App, handle: &str, print: Option<&[u8]>) -> Result<Option<CardCode>, DbError> {
    let Some(print) = print else { return Ok(None) };
    let damaged = || DbError::Corrupt("what prints a card again does not open".to_owned());
    let plain = app
        .vault
        .open(&format!("cards/{handle}/print"), print)
        .map_err(|_| damaged())?;
    let plain: serde_json::Value = serde_json::from_slice(&plain).map_err(|_| damaged())?;
    let code = plain["code"].as_str().ok_or_else(damaged)?;
    CardCode::parse(code).map(Some).map_err(|_| damaged())
}
