//! Keys in the database, which every server of an organisation reads: sealed as in the files, under the same master key.
//!
//! Each change takes a number of the feed of keys, so that servers notice it within a moment. The database's calls are
//! asynchronous and a key store's are not: each waits, on a thread of the runtime that is made free for it.

use std::sync::Arc;

use teranga_core::card::key::Kid;
use teranga_core::card::signing::PublicKey;
use teranga_core::card::trust::{KeyState, TrustList};
use teranga_core::clock;
use teranga_core::sensitive::Secret;
use tokio::runtime::Handle;

use super::sealed::SealedKey;
use super::{KeyInfo, KeyStore, StoreError, StoredKey};
use crate::db::feed::Feed;
use crate::db::{Db, DbError, Tx, sql};

/// Keys in the database, sealed under a master key. Cheap to clone.
#[derive(Clone)]
pub struct DatabaseStore {
    db: Db,
    master: Arc<Secret<32>>,
    runtime: Handle,
}

impl DatabaseStore {
    /// Keys in a database. To be made on a thread of a runtime with several threads.
    pub fn new(db: Db, master: Secret<32>) -> Self {
        Self {
            db,
            master: Arc::new(master),
            runtime: Handle::current(),
        }
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// All keys with their secrets, oldest first.
    pub async fn all(&self) -> Result<Vec<StoredKey>, StoreError> {
        const ALL: &str = "SELECT kid, info, sealed FROM card_keys";
        let rows = sql::all(self.db.reader(), ALL, []).await?;
        let keys = rows.iter().map(|row| opened(row, &self.master));
        let mut keys = keys.collect::<Result<Vec<StoredKey>, _>>()?;
        keys.sort_by_key(|key| (key.info.made, key.info.kid));
        Ok(keys)
    }

    /// The number of the newest trust list of a root; 0 when none was signed yet.
    pub async fn trust_list_number(&self, root: &PublicKey) -> Result<i64, DbError> {
        const NEWEST: &str = "SELECT COALESCE(MAX(number), 0) FROM trust_lists WHERE root = $1";
        sql::number(self.db.reader(), NEWEST, [root.0.to_vec().into()]).await
    }

    fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::task::block_in_place(|| self.runtime.block_on(work))
    }

    /// Keeps a signed trust list, unless one of its number is kept: whoever comes second is told so by `false`.
    pub fn keep_trust_list(&self, list: &TrustList, signed: Vec<u8>) -> Result<bool, StoreError> {
        const KEEP: &str = "INSERT INTO trust_lists (root, number, signed, kept) VALUES ($1, $2, $3, $4) \
             ON CONFLICT DO NOTHING";
        let number = i64::try_from(list.number).unwrap_or(i64::MAX);
        let kept = clock::now().as_millisecond();
        let row = [
            list.root.0.to_vec().into(),
            number.into(),
            signed.into(),
            kept.into(),
        ];
        let work = self.db.write(move |tx| {
            Box::pin(async move {
                let rows = sql::run(tx, KEEP, row).await?;
                if rows > 0 {
                    Feed::Keys.advance(tx).await?;
                }
                Ok::<_, DbError>(rows > 0)
            })
        });
        Ok(self.wait(work)?)
    }

    /// The newest trust list of a root that is kept, and its signed bytes. One that does not open is a damaged row.
    pub fn trust_list(&self, root: &PublicKey) -> Result<Option<(TrustList, Vec<u8>)>, StoreError> {
        const NEWEST: &str = "SELECT signed FROM trust_lists WHERE root = $1 ORDER BY number DESC LIMIT 1";
        let row = self.wait(sql::one(self.db.reader(), NEWEST, [root.0.to_vec().into()]))?;
        let Some(row) = row else { return Ok(None) };
        let signed: Vec<u8> = row.try_get_by_index(0).map_err(DbError::from)?;
        let list = TrustList::open(&signed, root);
        let list = list.map_err(|_| DbError::Corrupt("a trust list does not open".to_owned()))?;
        Ok(Some((list, signed)))
    }
}

impl KeyStore for DatabaseStore {
    fn list(&self) -> Result<Vec<KeyInfo>, StoreError> {
        let keys = self.wait(self.all())?;
        Ok(keys.into_iter().map(|key| key.info).collect())
    }

    fn get(&self, kid: Kid) -> Result<StoredKey, StoreError> {
        const ONE: &str = "SELECT kid, info, sealed FROM card_keys WHERE kid = $1";
        let row = self.wait(sql::one(self.db.reader(), ONE, [kid.to_string().into()]))?;
        opened(&row.ok_or(StoreError::Unknown(kid))?, &self.master)
    }

    fn insert(&self, key: &StoredKey) -> Result<(), StoreError> {
        const INSERT: &str = "INSERT INTO card_keys (kid, info, sealed, made) VALUES ($1, $2, $3, $4) \
             ON CONFLICT DO NOTHING";
        let kept = SealedKey::new(&self.master, key)?;
        let kid = key.info.kid;
        let made = key.info.made.as_millisecond();
        let row = [
            kid.to_string().into(),
            kept.header.into(),
            kept.sealed.into(),
            made.into(),
        ];
        let work = self.db.write(move |tx| {
            Box::pin(async move {
                if sql::run(tx, INSERT, row).await? == 0 {
                    return Err(StoreError::Taken(kid));
                }
                Feed::Keys.advance(tx).await?;
                Ok(())
            })
        });
        self.wait(work)
    }

    fn set_state(&self, kid: Kid, state: KeyState) -> Result<(), StoreError> {
        let master = Arc::clone(&self.master);
        let work = self
            .db
            .write(move |tx| Box::pin(async move { set_state(tx, &master, kid, state).await }));
        self.wait(work)
    }
}

async fn set_state(tx: &Tx, master: &Secret<32>, kid: Kid, state: KeyState) -> Result<(), StoreError> {
    const UPDATE: &str = "UPDATE card_keys SET info = $1, sealed = $2 WHERE kid = $3";
    // The feed's row first: it keeps two changes of one key apart, on both databases.
    Feed::Keys.advance(tx).await?;
    let text = "SELECT kid, info, sealed FROM card_keys WHERE kid = $1";
    let row = sql::one(tx, text, [kid.to_string().into()]).await?;
    let mut key = opened(&row.ok_or(StoreError::Unknown(kid))?, master)?;
    if key.info.state == KeyState::Compromised {
        return Err(StoreError::Compromised(kid));
    }
    key.info.state = state;
    let kept = SealedKey::new(master, &key)?;
    let row = [kept.header.into(), kept.sealed.into(), kid.to_string().into()];
    sql::run(tx, UPDATE, row).await?;
    Ok(())
}

/// A row of kid, info and sealed key.
fn opened(row: &sea_orm::QueryResult, master: &Secret<32>) -> Result<StoredKey, StoreError> {
    let column = |at| row.try_get_by_index::<String>(at).map_err(DbError::from);
    let (kid, header) = (column(0)?, column(1)?);
    let sealed = row.try_get_by_index(2).map_err(DbError::from)?;
    SealedKey { header, sealed }.open(master, &format!("key {kid} in the database"))
}
