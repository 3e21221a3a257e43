//! What every request can reach: the database, the keys, the clock, the limits.

mod clock;
mod heavy;
mod rate;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use clock::Clock;
pub use heavy::{Heavy, TooMuch};
pub use rate::Rate;

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use teranga_core::card::signing::SigningKey;

use crate::config::Limits;
use crate::db::Db;
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
}

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
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
