//! What a phone may give out: reserved numbers, and blank cards.

use teranga_core::wire::downlink::{Blank, Message, Pool};

use super::known::{Device, fixed};
use super::{DeviceError, downlink};
use crate::app::App;
use crate::db::sql;
use crate::mpi::reserved;

/// Fills a phone's numbers up to `most`. Those that it gave out are no longer reserved, so that none is counted twice.
pub(super) async fn fill(app: &App, device: &Device, most: usize) -> Result<(), DeviceError> {
    let (device, at) = (device.clone(), app.clock.millis());
    let work = app.db.write(move |tx| {
        Box::pin(async move {
            let left = reserved::left(tx, device.row).await?.unsigned_abs();
            let missing = most.saturating_sub(usize::try_from(left).unwrap_or(most));
            if missing == 0 {
                return Ok(());
            }
            let whose = (device.organisation, device.row);
            let pool = Pool {
                codes: reserved::reserve(tx, whose, missing, at).await?,
                blanks: Vec::new(),
            };
            downlink::say(tx, &device, &[Message::Pool(pool)], at).await
        })
    });
    work.await
}

/// Gives a phone blank cards of a campaign that no other phone was given; says how many there were.
pub(super) async fn give_blanks(
    app: &App,
    device: &Device,
    campaign: i64,
    count: usize,
) -> Result<usize, DeviceError> {
    const FREE: &str = "SELECT c.id, c.token_hash, l.number, c.serial FROM cards c LEFT JOIN lots l ON l.id = c.lot \
         WHERE c.organisation = $1 AND c.campaign = $2 AND (l.state IS NULL OR l.state < 3) \
         AND c.identity IS NULL AND c.state = 0 AND NOT EXISTS (SELECT 1 FROM device_blanks b WHERE b.card = c.id) \
         ORDER BY c.id LIMIT $3";
    let (device, at) = (device.clone(), app.clock.millis());
    let most = i64::try_from(count).unwrap_or(i64::MAX);
    let work = app.db.write(move |tx| {
        Box::pin(async move {
            let wanted = [device.organisation.into(), campaign.into(), most.into()];
            let mut blanks = Vec::new();
            for row in sql::all(tx, FREE, wanted).await? {
                let card: i64 = row.try_get_by_index(0)?;
                let lot: Option<String> = row.try_get_by_index(2)?;
                let serial: Option<i32> = row.try_get_by_index(3)?;
                const GIVE: &str = "INSERT INTO device_blanks (card, device, at) VALUES ($1, $2, $3)";
                sql::run(tx, GIVE, [card.into(), device.row.into(), at.into()]).await?;
                blanks.push(Blank {
                    lot: lot.unwrap_or_default(),
                    serial: serial.map(|serial| serial.to_string()).unwrap_or_default(),
                    token: fixed(&row, 1)?,
                });
            }
            let given = blanks.len();
            if given > 0 {
                let codes = Vec::new();
                downlink::say(tx, &device, &[Message::Pool(Pool { codes, blanks })], at).await?;
            }
            Ok::<_, DeviceError>(given)
        })
    });
    work.await
}
