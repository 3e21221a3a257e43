//! What every request can reach: the database, the keys, the clock, the limits.

mod clock;
mod rate;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use clock::Clock;
pub use rate::Rate;

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::config::Limits;
use crate::db::Db;
use crate::keys::Keyring;

/// The state of the server. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What the state is made of.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The organisation's keys.
    pub keys: Keyring,
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
}

impl Rates {
    /// Counters for limits, empty.
    pub fn new(limits: &Limits) -> Self {
        Self {
            public: Rate::per_second(limits.public_rate),
            session: Rate::per_second(limits.session_rate),
            sign_in: Rate::per_minute(limits.sign_in_rate),
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
