//! Printing a lot.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use serde::{Deserialize, Serialize};
use teranga_core::card::trust::Scope;
use teranga_render::data::CardData;
use teranga_render::scene::Layout;

use crate::app::App;
use crate::audit::{self, Entry};
use crate::campaign::press::{self, Drawn, Job};
use crate::campaign::{Making, issuer, keys, quota, row};
use crate::card::store;
use crate::db::{DbError, Tx, Writing, sql};
use crate::files::Kept;
use crate::queue::{Failure, Lease, Work};
use crate::studio;

/// Prints a lot of blank cards.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Print {
    /// The lot's row.
    pub lot: i64,
}

/// What a lot is printed from.
struct Order {
    organisation: i64,
    campaign: i64,
    number: String,
    size: i32,
    making: Making,
    layout: Arc<Layout>,
    programme: String,
    name: String,
}

impl Work for Print {
    const KIND: &'static str = "lot.print";
    const TRIES: i32 = 20;

    async fn run(self, app: App, lease: Lease) -> Result<(), Failure> {
        let Some(order) = order(&app, self.lot).await? else {
            return lease.finish(|_| Box::pin(async { Ok(()) })).await;
        };
        let order = Arc::new(order);
        let drawn = {
            let (app, order, lease) = (app.clone(), Arc::clone(&order), lease.clone());
            tokio::task::spawn_blocking(move || draw(&app, &order, &lease))
        };
        let drawn = drawn
            .await
            .map_err(|_| Failure::again("the drawing stopped in a panic"))?;
        let drawn = drawn.map_err(|error| Failure::again(format!("{error:#}")))?;
        let sent = send(&app, &order, &lease, &drawn).await?;
        let (lot, at, size) = (self.lot, app.clock.millis(), order.size);
        let organisation = order.organisation;
        lease
            .finish(move |tx| {
                Box::pin(async move {
                    const DONE: &str = "UPDATE lots SET state = 1, expires = $1 WHERE id = $2 AND state = 0";
                    let mut cards = drawn.cards;
                    for card in &mut cards {
                        card.place_in_lot = card.place_in_lot.map(|(_, serial)| (lot, serial));
                    }
                    store::insert_printed(tx, &cards).await?;
                    for (name, path, kept) in &sent {
                        artifact(tx, (organisation, lot), (name, path, kept), at).await?;
                    }
                    quota::settle(
                        tx,
                        organisation,
                        size.into(),
                        i64::try_from(cards.len()).unwrap_or(i64::MAX),
                    )
                    .await?;
                    sql::run(tx, DONE, [(at + 183 * 86_400_000).into(), lot.into()]).await?;
                    let target = format!("lot:{lot}");
                    audit::record(
                        tx,
                        &Entry::new(Some(organisation), at, "system", "lot.print", target),
                    )
                    .await?;
                    crate::publish::wanted(tx, organisation, at).await?;
                    Ok(())
                })
            })
            .await
    }

    fn given_up<'tx>(self, tx: &'tx Tx, why: &'tx str) -> Writing<'tx, Result<(), DbError>> {
        Box::pin(async move {
            const FAIL: &str = "UPDATE lots SET state = 4, error = $1 WHERE id = $2 AND state = 0 RETURNING organisation, size";
            if let Some(row) = sql::one(tx, FAIL, [why.into(), self.lot.into()]).await? {
                let (organisation, size): (i64, i32) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
                quota::settle(tx, organisation, size.into(), 0).await?;
            }
            Ok(())
        })
    }
}

async fn order(app: &App, lot: i64) -> Result<Option<Order>, Failure> {
    const ORDER: &str = "SELECT l.organisation, l.campaign, l.number, l.size, l.request, p.public_name, c.name FROM lots l \
         JOIN campaigns c ON c.id = l.campaign JOIN programmes p ON p.id = c.programme WHERE l.id = $1 AND l.state = 0";
    let Some(row) = sql::one(app.db.reader(), ORDER, [lot.into()]).await? else {
        return Ok(None);
    };
    let text = |at| row.try_get_by_index::<String>(at).map_err(DbError::from);
    let number = |at| row.try_get_by_index::<i64>(at).map_err(DbError::from);
    let making = Making::of(&text(4)?)?;
    let layout = studio::layout(app.db.reader(), &making.form, making.design).await;
    Ok(Some(Order {
        organisation: number(0)?,
        campaign: number(1)?,
        number: text(2)?,
        size: row.try_get_by_index(3).map_err(DbError::from)?,
        layout: layout.map_err(Failure::again)?,
        making,
        programme: text(5)?,
        name: text(6)?,
    }))
}

fn draw(app: &App, order: &Order, lease: &Lease) -> anyhow::Result<Drawn> {
    let scope = Scope::Lot(order.number.clone());
    keys(app, &scope, order.making.issued)?;
    let issuer = issuer(app, scope, &order.making)?;
    let job = Job {
        making: &order.making,
        layout: &order.layout,
        title: format!("{}, {}", order.making.form.card.template, order.number),
    };
    let drawn = press::draw_all(
        &job,
        (1..=order.size).map(|serial| (i64::from(serial), serial)),
        |drawer, at, serial| {
            let issued = issuer.blank(&format!("{serial:06}"))?;
            let mut card = row(app, &issued, (order.organisation, order.campaign))?;
            // The lot's row is known to whoever completes the job.
            card.place_in_lot = Some((0, *serial));
            let mut data = blank(order, *serial);
            data.card_code.clone_from(&issued.card_code);
            data.qr.clone_from(&issued.text);
            Ok((
                drawer.made(at, at + 1, press::entry(data, issued.card_code))?,
                card,
            ))
        },
        lease,
        &AtomicU32::new(0),
    )?;
    // A lot has every serial number, or it is not a lot.
    if let Some((serial, why)) = drawn.refused.first() {
        anyhow::bail!("card {serial} of the lot could not be drawn: {why}");
    }
    Ok(drawn)
}

/// What stands on a blank card: no name, and room to write one.
fn blank(order: &Order, serial: i32) -> CardData {
    CardData {
        programme: order.programme.clone(),
        campaign: order.name.clone(),
        attributes: vec![
            ("Lot".to_owned(), order.number.clone()),
            ("No.".to_owned(), format!("{serial:06}")),
        ],
        issued: Some(order.making.issued),
        expires: order.making.expires.yesterday().ok(),
        ..CardData::default()
    }
}

type Sent = (String, String, Kept);

async fn send(app: &App, order: &Order, lease: &Lease, drawn: &Drawn) -> Result<Vec<Sent>, Failure> {
    let folder = format!("lots/{}/{}", order.organisation, order.number);
    app.files.clear(&folder, &[]).await.map_err(Failure::again)?;
    let mut sent = Vec::new();
    for file in &drawn.files {
        let path = format!("{folder}/{}/{file}", lease.holder());
        let kept = app
            .files
            .put_file(&path, &press::path(drawn.folder.path(), file))
            .await;
        let name = format!("{}-{file}", order.number.to_lowercase());
        sent.push((name, path, kept.map_err(Failure::again)?));
    }
    Ok(sent)
}

async fn artifact(
    tx: &Tx,
    (organisation, lot): (i64, i64),
    (name, path, kept): (&str, &str, &Kept),
    at: i64,
) -> Result<(), DbError> {
    const INSERT: &str = "INSERT INTO artifacts (organisation, lot, name, path, bytes, sha256, created) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let row = [
        organisation.into(),
        lot.into(),
        name.into(),
        path.into(),
        i64::try_from(kept.bytes).unwrap_or(i64::MAX).into(),
        kept.sha256.to_vec().into(),
        at.into(),
    ];
    sql::run(tx, INSERT, row).await?;
    Ok(())
}
