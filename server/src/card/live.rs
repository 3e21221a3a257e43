//! The standing of every card in memory, kept current by following the feed of cards.
//!
//! A look-up costs one hash table read and no hop to a database thread. It is exact: the table holds all cards or it is
//! not asked. Every server follows the database by itself: each [`PAUSE`] it asks for the feed's newest number, and
//! takes in what is later than what it has. The table counts as current for as long as the last answer is younger than
//! a stated second: [`PAUSE`] plus twice [`PATIENCE`]. When the database answers late or not at all, when many changes
//! come at once, and while the table fills after a start, look-ups go to the database, which is slower and as right.
//!
//! A card takes 28 bytes and its share of the table: some 60 MB a million. Beyond the configured number of cards the
//! table is given up and look-ups go to the database.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use teranga_core::card::token::TokenHash;
use tokio::sync::Notify;

use super::standing::Standing;
use super::store::{self, Place};
use crate::db::{Db, DbError, feed};

/// Between two questions to the database.
pub const PAUSE: Duration = Duration::from_millis(300);

/// How long the database may take to answer before the table no longer counts as current.
pub const PATIENCE: Duration = Duration::from_millis(300);

/// Changes that are taken in at once.
const CHUNK: u32 = 4_000;

/// Parts of the table, each with a lock of its own.
const SHARDS: usize = 16;

/// What a table is asked by: the first half of a token's hash, 128 bits, as hard to meet by chance as a token itself.
type Key = [u8; 16];

type Shard = HashMap<Key, Standing, BuildHasherDefault<Prefix>>;

/// The keys are hashes already, of values that nobody outside chooses: eight bytes of them place a card.
#[derive(Default)]
struct Prefix(u64);

impl Hasher for Prefix {
    fn write(&mut self, bytes: &[u8]) {
        // The last bytes, since the first choose the shard.
        if let Some(last) = bytes.last_chunk() {
            self.0 = u64::from_le_bytes(*last);
        }
    }

    fn write_usize(&mut self, _: usize) {
        // The length of an array's slice says nothing.
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The standing of every card.
pub struct LiveCards {
    shards: [RwLock<Shard>; SHARDS],
    held: AtomicU64,
    most: u64,
    is_current: AtomicBool,
    nudge: Notify,
}

impl LiveCards {
    /// A table of at most `most` cards, empty and not current; 0 keeps none.
    pub fn new(most: u64) -> Self {
        Self {
            shards: std::array::from_fn(|_| RwLock::default()),
            held: AtomicU64::new(0),
            most,
            is_current: AtomicBool::new(false),
            nudge: Notify::new(),
        }
    }

    /// What became of a card, as of less than a second ago.
    pub async fn standing(&self, db: &Db, token_hash: &TokenHash) -> Result<Option<Standing>, DbError> {
        if self.is_current.load(Ordering::Acquire) {
            return Ok(self.get(token_hash));
        }
        store::standing(db.reader(), token_hash).await
    }

    /// Whether look-ups are answered from memory now.
    pub fn is_current(&self) -> bool {
        self.is_current.load(Ordering::Acquire)
    }

    /// Says that nobody follows any more: look-ups go to the database from now on.
    pub fn stop_believing(&self) {
        self.is_current.store(false, Ordering::Release);
    }

    /// Cards in the table.
    pub fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }

    /// Asks the follower to look at once, after a change of this server's own.
    pub fn nudge(&self) {
        self.nudge.notify_one();
    }

    /// Follows the feed for as long as it is awaited. Whoever awaits it drops it to stop it.
    pub async fn follow(&self, db: &Db) {
        let mut place = Place::default();
        loop {
            let step = tokio::time::timeout(PATIENCE, self.step(db, &mut place)).await;
            let reached = matches!(step, Ok(Ok(true)));
            self.is_current.store(reached, Ordering::Release);
            if self.held() > self.most {
                return self.give_up();
            }
            // Behind, and the database answers: go on at once.
            if !matches!(step, Ok(Ok(false))) {
                let _ = tokio::time::timeout(PAUSE, self.nudge.notified()).await;
            }
        }
    }

    /// Takes in the next changes; whether these were the last ones.
    async fn step(&self, db: &Db, place: &mut Place) -> Result<bool, DbError> {
        let newest = feed::newest(db.reader()).await?.cards;
        if place.has_reached(newest) && newest > 0 {
            return Ok(true);
        }
        let (changes, next) = store::changes(db.reader(), *place, CHUNK).await?;
        let last = changes.len() < CHUNK as usize;
        for (token_hash, standing) in changes {
            self.put(&token_hash, standing);
        }
        // What a later transaction has committed meanwhile is behind `newest` and comes with the next step.
        *place = if last {
            next.max(Place::after(newest))
        } else {
            next
        };
        Ok(last)
    }

    fn shard(&self, key: &Key) -> &RwLock<Shard> {
        &self.shards[usize::from(key[0]) % SHARDS]
    }

    fn get(&self, token_hash: &TokenHash) -> Option<Standing> {
        let key = key(token_hash);
        // A panic while a lock is held leaves a whole entry or none.
        let shard = self.shard(&key).read().unwrap_or_else(PoisonError::into_inner);
        shard.get(&key).copied()
    }

    fn put(&self, token_hash: &TokenHash, standing: Standing) {
        let key = key(token_hash);
        let mut shard = self.shard(&key).write().unwrap_or_else(PoisonError::into_inner);
        if shard.insert(key, standing).is_none() {
            self.held.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn give_up(&self) {
        self.is_current.store(false, Ordering::Release);
        for shard in &self.shards {
            *shard.write().unwrap_or_else(PoisonError::into_inner) = Shard::default();
        }
        self.held.store(0, Ordering::Relaxed);
        tracing::warn!(
            most = self.most,
            "more cards than the table in memory may hold: look-ups go to the database"
        );
    }
}

fn key(token_hash: &TokenHash) -> Key {
    let mut key = [0; 16];
    key.copy_from_slice(&token_hash[..16]);
    key
}
