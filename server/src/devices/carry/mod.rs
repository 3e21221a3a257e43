//! What phones carry, built for an area and shared by all its phones.
//!
//! | part | for | built anew |
//! |---|---|---|
//! | trust | everyone | when a key changes |
//! | status | everyone | once a day |
//! | delta | everyone | when cards were revoked, every five minutes at most |
//! | people, ids | an area | once a day, when a phone of the area asks |
//!
//! Parts lie in the database under the hash of their bytes, so that every server gives out the same; the key of a sealed
//! part lies beside it, sealed under the master key. The manifest is written for one phone, with that phone as the only
//! recipient: nobody learns who else carries what. Its number is the highest of its parts', which follow the clock, so
//! that a server that was restored from an older backup does not go back.

pub mod http;
mod people;
mod status;
mod store;

use std::sync::Arc;

use jiff::Timestamp;
use teranga_core::ids::OsRandom;
use teranga_core::registry::bundle::keys;
use teranga_core::registry::bundle::manifest::{Kind, Manifest, Part, Recipient};
use tokio::sync::Mutex;

use super::known::Device;
use super::{DeviceError, signer};
use crate::app::App;
use store::Stored;

/// A day, in milliseconds: how long lists and people count before they are built anew.
const DAY: i64 = 86_400_000;

/// Builds one thing at a time in a process.
#[derive(Default)]
struct Building(Arc<Mutex<()>>);

/// The parts of a phone's bundle as they are now, built where they are missing or too old.
async fn parts(app: &App, device: &Device) -> Result<Vec<Stored>, DeviceError> {
    let building = app.room(|_| Building::default());
    let _alone = building.0.lock().await;
    let mut parts = vec![trust(app, device.organisation).await?];
    parts.extend(status::parts(app, device.organisation).await?);
    parts.push(people::people(app, device).await?);
    parts.extend(people::ids(app, device).await?);
    parts.sort_by_key(|stored| (stored.part.kind, stored.part.version));
    Ok(parts)
}

async fn trust(app: &App, organisation: i64) -> Result<Stored, DeviceError> {
    let (version, signed) = signer::trust_list(app)?;
    let made = store::Made::signed(Kind::Trust, version, signed, 0);
    store::keep(app, organisation, "", made).await
}

/// The signed manifest of a phone's bundle.
fn manifest(app: &App, device: &Device, stored: &[Stored]) -> Result<(u64, Vec<u8>), DeviceError> {
    let number = stored
        .iter()
        .map(|stored| stored.number)
        .max()
        .unwrap_or_default();
    let built = stored.iter().map(|stored| stored.built).max().unwrap_or_default();
    let parts: Vec<Part> = stored.iter().map(|stored| stored.part).collect();
    let mut sealed = Vec::new();
    for (place, stored) in stored.iter().enumerate() {
        if let Some(key) = &stored.key {
            let key = keys::seal(&device.keys.vault, &stored.part, key, &mut OsRandom);
            sealed.push((
                place,
                key.map_err(|error| DeviceError::Failed(error.to_string()))?,
            ));
        }
    }
    let manifest = Manifest {
        number,
        built: Timestamp::from_millisecond(built).map_err(|error| DeviceError::Failed(error.to_string()))?,
        parts,
        recipients: vec![Recipient {
            vault: device.keys.vault,
            keys: sealed,
        }],
    };
    let signed = manifest.sign(&*signer::publisher(app)?);
    Ok((
        number,
        signed.map_err(|error| DeviceError::Failed(error.to_string()))?,
    ))
}
