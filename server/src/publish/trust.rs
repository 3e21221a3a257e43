//! The trust list, numbered forward whichever machine signs it.

use teranga_core::card::key::Purpose;
use teranga_core::card::signing::PublicKey;
use teranga_core::card::trust::{Scope, TrustList};
use teranga_core::clock;

use crate::app::App;
use crate::db::feed::Feed;
use crate::db::{DbError, sql};
use crate::queue::Failure;

/// The newest trust list, signed anew where a key has changed, and known to the database.
pub(super) async fn publish(app: &App, name: &str) -> Result<(TrustList, Vec<u8>), Failure> {
    let keys = app.clone();
    let root = tokio::task::spawn_blocking(move || {
        keys.keys
            .signer(Purpose::Root, &Scope::Organisation)
            .map(|root| root.public())
    });
    let root = root
        .await
        .map_err(Failure::again)?
        .map_err(|error| Failure::again(format!("{error:#}")))?;
    let last = last(app, &root).await?;
    let (keys, name, today) = (app.clone(), name.to_owned(), clock::date_of(app.clock.now()));
    let signed = tokio::task::spawn_blocking(move || keys.keys.publish_trust_list_after(&name, today, last));
    let (list, signed) = signed
        .await
        .map_err(Failure::again)?
        .map_err(|error| Failure::again(format!("{error:#}")))?;
    keep(app, &list, signed.clone()).await?;
    Ok((list, signed))
}

async fn last(app: &App, root: &PublicKey) -> Result<Option<(TrustList, Vec<u8>)>, Failure> {
    const NEWEST: &str = "SELECT signed FROM trust_lists WHERE root = $1 ORDER BY number DESC LIMIT 1";
    let Some(row) = sql::one(app.db.reader(), NEWEST, [root.0.to_vec().into()]).await? else {
        return Ok(None);
    };
    let signed: Vec<u8> = row.try_get_by_index(0).map_err(DbError::from)?;
    let list = TrustList::open(&signed, root)
        .map_err(|_| Failure::never("a trust list in the database does not open"))?;
    Ok(Some((list, signed)))
}

async fn keep(app: &App, list: &TrustList, signed: Vec<u8>) -> Result<(), Failure> {
    const KEEP: &str =
        "INSERT INTO trust_lists (root, number, signed, kept) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    const KEPT: &str = "SELECT signed FROM trust_lists WHERE root = $1 AND number = $2";
    let number = i64::try_from(list.number).unwrap_or(i64::MAX);
    let (root, at) = (list.root.0.to_vec(), app.clock.millis());
    let kept = app.db.write(move |tx| {
        Box::pin(async move {
            let row = [
                root.clone().into(),
                number.into(),
                signed.clone().into(),
                at.into(),
            ];
            if sql::run(tx, KEEP, row).await? > 0 {
                Feed::Keys.advance(tx).await?;
                return Ok(true);
            }
            let row = sql::one(tx, KEPT, [root.into(), number.into()]).await?;
            let other: Option<Vec<u8>> = row.map(|row| row.try_get_by_index(0)).transpose()?;
            Ok::<_, DbError>(other == Some(signed))
        })
    });
    match kept.await? {
        true => Ok(()),
        false => Err(Failure::again(
            "another machine signed a trust list of the same number",
        )),
    }
}
