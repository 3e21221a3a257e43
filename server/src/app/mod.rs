//! What every request can reach: the database, the keys, the clock, the limits.

mod clock;
mod heavy;
mod open;
mod rate;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use clock::Clock;
pub use heavy::{Heavy, TooMuch};
pub use open::open;
pub use rate::Rate;

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;

use teranga_core::card::signing::SigningKey;

use crate::config::Limits;
use crate::db::Db;
use crate::files::Files;
use crate::keys::{Keyring, Vault};

/// The state of the server. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What the state is made of.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The organisation's keys.
    pub keys: Keyring,
    /// The key that signs session tokens.
    pub session: SigningKey,
    /// Seals what the database keeps secret.
    pub vault: Vault,
    /// Where passwords are hashed, so many at once.
    pub heavy: Heavy,
    /// Files that outlive machines.
    pub files: Files,
    /// Host that stands in the links of cards, where the server has one.
    pub card_host: Option<String>,
    /// The time.
    pub clock: Clock,
    /// What one caller may ask for.
    pub limits: Limits,
    /// Proxies whose forwarded headers are believed.
    pub proxies: Vec<IpNet>,
    /// Origins whose pages may call the API.
    pub origins: Vec<String>,
    /// How often callers came.
    pub rates: Rates,
    /// What domains keep between requests.
    pub rooms: Rooms,
}

/// What domains keep between requests: one value a type, made by whoever asks first.
#[derive(Default)]
pub struct Rooms(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

/// How often callers came, by kind of caller.
pub struct Rates {
    /// Addresses that did not sign in.
    pub public: Rate<IpAddr>,
    /// Sessions and tokens.
    pub session: Rate<String>,
    /// Addresses that try to sign in.
    pub sign_in: Rate<IpAddr>,
    /// Accounts, by hash of their name, that someone tries to sign in to, whether there is such an account or not.
    pub account: Rate<[u8; 32]>,
}

impl Rates {
    /// Counters for limits, empty.
    pub fn new(limits: &Limits) -> Self {
        Self {
            public: Rate::per_second(limits.public_rate),
            session: Rate::per_second(limits.session_rate),
            sign_in: Rate::per_minute(limits.sign_in_rate),
            account: Rate::per_minute(limits.account_rate),
        }
    }
}

impl App {
    /// The state of its parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// What a domain keeps of a type; `make` makes it once.
    pub fn room<T: Any + Send + Sync>(&self, make: impl FnOnce(&Parts) -> T) -> Arc<T> {
        let mut rooms = self.rooms.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(room) = rooms
            .get(&TypeId::of::<T>())
            .and_then(|room| Arc::clone(room).downcast().ok())
        {
            return room;
        }
        let room = Arc::new(make(self));
        rooms.insert(TypeId::of::<T>(), Arc::clone(&room) as Arc<dyn Any + Send + Sync>);
        room
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
