//! The server's keys as phones meet them, kept for a minute so that a sync does not open the key store each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use teranga_core::card::key::{Kid, Purpose};
use teranga_core::card::signing::SigningKey;
use teranga_core::card::trust::Scope;
use teranga_core::sensitive::Secret;
use teranga_core::wire::{Document, Signed};

use super::DeviceError;
use crate::app::App;
use crate::keys::store::StoreError;

/// How long a publisher key is kept before the store is asked again whether it is still the one.
const KEPT: SignedDuration = SignedDuration::from_secs(60);

#[derive(Default)]
struct Keys {
    publisher: Mutex<Option<(Arc<SigningKey>, Timestamp)>>,
    /// Sync keys by name; they never change.
    sync: Mutex<HashMap<Kid, Arc<Secret<32>>>>,
}

/// The key that signs what phones are told.
pub(super) fn publisher(app: &App) -> Result<Arc<SigningKey>, DeviceError> {
    let (keys, now) = (app.room(|_| Keys::default()), app.clock.now());
    let mut kept = keys.publisher.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((key, since)) = &*kept
        && now.duration_since(*since).abs() < KEPT
    {
        return Ok(Arc::clone(key));
    }
    let key = Arc::new(app.keys.signer(Purpose::Publisher, &Scope::Organisation)?);
    *kept = Some((Arc::clone(&key), now));
    Ok(key)
}

/// Signs a document for phones.
pub(super) fn sign<T: Document>(app: &App, document: &T) -> Result<Signed<T>, DeviceError> {
    Signed::sign(document, &*publisher(app)?).map_err(|error| DeviceError::Failed(error.to_string()))
}

/// The private half of a sync key, whatever became of it since phones sealed to it; none for a name that is none.
pub(super) fn sync(app: &App, kid: Kid) -> Result<Option<Arc<Secret<32>>>, DeviceError> {
    let keys = app.room(|_| Keys::default());
    if let Some(secret) = keys.sync.lock().unwrap_or_else(PoisonError::into_inner).get(&kid) {
        return Ok(Some(Arc::clone(secret)));
    }
    let stored = match app.keys.store().get(kid) {
        Ok(stored) if stored.info.purpose == Purpose::Sync => stored,
        Ok(_) | Err(StoreError::Unknown(_)) => return Ok(None),
        Err(error) => return Err(DeviceError::Failed(error.to_string())),
    };
    let secret = Arc::new(stored.secret);
    let mut known = keys.sync.lock().unwrap_or_else(PoisonError::into_inner);
    known.insert(kid, Arc::clone(&secret));
    Ok(Some(secret))
}

/// The signed trust list of the organization.
pub(super) fn trust_list(app: &App) -> Result<(u64, Vec<u8>), DeviceError> {
    let today = teranga_core::clock::date_of(app.clock.now());
    let (list, signed) = app.keys.publish_trust_list("organisation", today)?;
    Ok((list.number, signed))
}
