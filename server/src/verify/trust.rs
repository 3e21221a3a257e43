//! The keys by which the server judges cards and passes, kept current by following the feed of keys.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::civil::Date;
use teranga_core::card::key::{Kid, Purpose};
use teranga_core::card::signing::PublicKey;
use teranga_core::card::trust::{KeyState, Scope};
use teranga_core::wallet::PassKey;

use crate::db::feed;
use crate::keys::store::{DatabaseStore, KeyInfo, StoreError, StoredKey};

/// A key of the organisation, as far as judging needs it.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// The public half.
    pub public: PublicKey,
    /// What is known of it.
    pub info: KeyInfo,
}

impl Issuer {
    /// Whether what it signed on a day proves anything.
    pub fn vouches_on(&self, day: Date) -> bool {
        let covers = self.info.not_before <= day && day <= self.info.not_after;
        covers && self.info.state != KeyState::Compromised
    }

    /// The prefix of its campaign; none for the key of a lot.
    pub fn campaign(&self) -> Option<&str> {
        match &self.info.scope {
            Scope::Campaign(prefix) => Some(prefix),
            Scope::Lot(_) | Scope::Organisation => None,
        }
    }
}

/// The keys at one moment.
#[derive(Default)]
pub struct Trusted {
    /// The number in the feed of keys up to which this is complete.
    seen: Option<i64>,
    issuers: HashMap<Kid, Issuer>,
    passes: HashMap<String, Vec<PassKey>>,
    most_passes: usize,
}

impl Trusted {
    fn of(keys: Vec<StoredKey>, seen: i64) -> Self {
        let mut trusted = Self {
            seen: Some(seen),
            ..Self::default()
        };
        for key in keys {
            trusted.add(key);
        }
        trusted.most_passes = trusted.passes.values().map(Vec::len).max().unwrap_or(0);
        trusted
    }

    fn add(&mut self, key: StoredKey) {
        let public = key.info.public.as_ref();
        let public = public.and_then(|digits| data_encoding::HEXLOWER.decode(digits.as_bytes()).ok());
        match (key.info.purpose, &key.info.scope) {
            // Passes of a retired key stay valid; of a compromised one, anyone may have made them.
            (Purpose::Pass, Scope::Campaign(prefix)) if key.info.state != KeyState::Compromised => {
                let keys = self.passes.entry(prefix.clone()).or_default();
                keys.push(key.secret);
            }
            _ => {
                if let Some(public) = public.and_then(|bytes| bytes.try_into().ok()) {
                    let public = PublicKey(public);
                    let info = key.info;
                    self.issuers.insert(info.kid, Issuer { public, info });
                }
            }
        }
    }

    /// The key of a name, whatever it is for.
    pub fn find(&self, kid: Kid) -> Option<&Issuer> {
        self.issuers.get(&kid)
    }

    /// The keys that sign cards, by name.
    pub fn issuers(&self) -> Vec<&Issuer> {
        let mut issuers: Vec<&Issuer> = self.issuers.values().collect();
        issuers.retain(|issuer| issuer.info.purpose == Purpose::Issuer);
        issuers.sort_by_key(|issuer| issuer.info.kid);
        issuers
    }

    /// The root's public key.
    pub fn root(&self) -> Option<PublicKey> {
        let mut all = self.issuers.values();
        all.find(|key| key.info.purpose == Purpose::Root)
            .map(|key| key.public)
    }

    /// The pass keys of a campaign, the first being number 0; none beyond the last.
    pub fn pass_key(&self, campaign: &str, number: usize) -> Option<&PassKey> {
        self.passes.get(campaign)?.get(number)
    }

    /// How many pass keys a campaign has at most; at least one, so that a look always costs as much.
    pub fn most_passes(&self) -> usize {
        self.most_passes.max(1)
    }
}

/// The keys, kept current.
pub struct Trust {
    store: DatabaseStore,
    now: RwLock<Arc<Trusted>>,
}

impl Trust {
    /// Keys of a store, none read yet.
    pub fn new(store: DatabaseStore) -> Self {
        Self {
            store,
            now: RwLock::default(),
        }
    }

    /// The keys as last read.
    pub fn now(&self) -> Arc<Trusted> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The store that they are read from.
    pub fn store(&self) -> &DatabaseStore {
        &self.store
    }

    /// Reads the keys anew if any has changed, after one small question.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let newest = feed::newest(self.store.db().reader()).await?.keys;
        if self.now().seen == Some(newest) {
            return Ok(());
        }
        let keys = self.store.all().await?;
        let trusted = Arc::new(Trusted::of(keys, newest));
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = trusted;
        Ok(())
    }
}
