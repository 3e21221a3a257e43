//! The work of phones without a network, carried by another phone of the same organization.

use std::collections::BTreeMap;

use teranga_core::ids::OsRandom;
use teranga_core::wire::packet::SealedPacket;
use teranga_core::wire::relay::{Answer, RelayAnswer, RelayRequest};
use teranga_core::wire::{DeviceId, VERSION, WireError, batch};

use super::caller::Session;
use super::{DeviceError, downlink, ingest, known, signer};
use crate::app::App;

/// Most phones whose work is carried in one request.
const MOST: usize = 100;

/// Takes in what a phone carries, and gives it what goes back to each. A phone of another organization is passed over, as
/// one that is not known.
pub(super) async fn carry(
    app: &App,
    carrier: &Session,
    request: RelayRequest,
) -> Result<RelayAnswer, DeviceError> {
    if carrier.device.is_revoked {
        return Err(DeviceError::Revoked);
    }
    let mut carried: BTreeMap<DeviceId, (Vec<SealedPacket>, u64)> = BTreeMap::new();
    for packet in batch::read(&request.batch.0)? {
        carried.entry(packet.device).or_default().0.push(packet);
    }
    for after in request.after {
        carried.entry(after.device).or_default().1 = after.after;
    }
    if carried.len() > MOST {
        return Err(WireError::Invalid("number of devices").into());
    }
    let mut answers = Vec::new();
    for (id, (packets, after)) in carried {
        let device = known::by_id(app.db.reader(), id).await?;
        let Some(device) = device.filter(|device| device.organisation == carrier.device.organisation) else {
            continue;
        };
        let receipts = ingest::take_in(app, &device, None, packets).await?;
        let (page, _) = downlink::page(app.db.reader(), &device, after, app.clock.millis()).await?;
        let answer = Answer {
            receipts: signer::sign(app, &receipts)?,
            page: signer::sign(app, &page)?,
        };
        answers.push(answer.seal(device.id, &device.keys.transport, &mut OsRandom)?);
    }
    Ok(RelayAnswer {
        version: VERSION,
        carried: answers,
    })
}
