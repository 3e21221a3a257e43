//! The slots on the disk: a small file that is read before anything is open.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _};

use super::wrap::{self, WrapError, Wrapped};
use super::{Cost, MOST_TRIES, Pin};
use crate::ids::{OsRandom, RandomError};
use crate::sensitive::Secret;
use crate::store::{KeystoreError, PlatformKeystore, StoreError, open_file, remove_file};

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS slots (
        user INTEGER PRIMARY KEY, label BLOB NOT NULL, wrong INTEGER NOT NULL,
        salt BLOB, memory_kib INTEGER, passes INTEGER, lanes INTEGER, sealed BLOB
    );
    CREATE TABLE IF NOT EXISTS door (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    PRAGMA user_version = 1;";

const PLATFORM: &str = "platform";
const LOCKED: &str = "locked";

/// Whether a slot opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotState {
    /// It opens with its PIN; so many tries are left.
    Open {
        /// Tries left before the slot is destroyed.
        tries_left: u32,
    },
    /// It was destroyed after too many wrong PINs.
    Destroyed,
}

/// A user as the screen before unlocking shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotSummary {
    /// The server's number of the user.
    pub user: u64,
    /// How the user is called on this phone.
    pub label: String,
    /// Whether it opens.
    pub state: SlotState,
}

/// Why the phone did not open.
#[derive(Debug, thiserror::Error)]
pub enum UnlockError {
    /// The PIN is wrong.
    #[error("this PIN is wrong; {tries_left} tries are left")]
    WrongPin {
        /// Tries left before the slot is destroyed.
        tries_left: u32,
    },
    /// The slot of this user is destroyed.
    #[error("too many wrong PINs: this user is locked out; a supervisor of this phone can let them in again")]
    LockedOut,
    /// Nobody of this number has a PIN here.
    #[error("this user has no PIN on this phone; a supervisor of this phone can add them")]
    NoSuchUser,
    /// The server locked the phone.
    #[error("this phone was locked from the server; ask a supervisor, then sync")]
    LockedByServer,
    /// The platform's key store.
    #[error(transparent)]
    Keystore(#[from] KeystoreError),
    /// The file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The PIN could not be checked.
    #[error(transparent)]
    Wrap(#[from] WrapError),
}

impl From<rusqlite::Error> for UnlockError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<RandomError> for UnlockError {
    fn from(error: RandomError) -> Self {
        Self::Wrap(error.into())
    }
}

/// Who may open the vault.
pub struct Slots<K> {
    connection: Connection,
    keystore: K,
}

impl<K: PlatformKeystore> Slots<K> {
    /// Opens the file, or makes it.
    pub fn open(path: &Path, keystore: K) -> Result<Self, StoreError> {
        let connection = open_file(path)?;
        let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if found > 1 {
            return Err(StoreError::Newer { found, known: 1 });
        }
        connection.execute_batch(SCHEMA)?;
        Ok(Self { connection, keystore })
    }

    /// The platform's key store.
    pub fn keystore(&self) -> &K {
        &self.keystore
    }

    /// Everyone who has a slot, by number.
    pub fn users(&self) -> Result<Vec<SlotSummary>, UnlockError> {
        let mut statement = self
            .connection
            .prepare("SELECT user, label, wrong, sealed IS NOT NULL FROM slots ORDER BY user")?;
        let rows = statement.query_map([], |row| {
            let row: (u64, Vec<u8>, u32, bool) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            Ok(row)
        })?;
        rows.map(|row| {
            let (user, label, wrong, opens) = row?;
            let label = String::from_utf8_lossy(&self.keystore.unseal(&label)?).into_owned();
            let tries_left = MOST_TRIES.saturating_sub(wrong);
            let state = if opens && tries_left > 0 {
                SlotState::Open { tries_left }
            } else {
                SlotState::Destroyed
            };
            Ok(SlotSummary { user, label, state })
        })
        .collect()
    }

    /// Gives a user a slot, in place of the one they had. The name is sealed by the platform.
    pub fn give(
        &mut self,
        (user, label): (u64, &str),
        pin: &Pin,
        data_key: &Secret<32>,
        cost: Cost,
    ) -> Result<(), UnlockError> {
        let platform = self.platform_secret()?;
        let wrapped = wrap::wrap(data_key, (user, pin), &platform, cost, &mut OsRandom)?;
        let label = self.keystore.seal(label.as_bytes())?;
        self.connection.execute(
            "INSERT OR REPLACE INTO slots VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?7)",
            (
                user,
                label,
                wrapped.salt,
                cost.memory_kib,
                cost.passes,
                cost.lanes,
                wrapped.sealed,
            ),
        )?;
        Ok(())
    }

    /// Takes a user's slot away.
    pub fn take(&mut self, user: u64) -> Result<(), UnlockError> {
        self.connection
            .execute("DELETE FROM slots WHERE user = ?1", [user])?;
        Ok(())
    }

    /// Lets go of a user's slot that was destroyed, so that they can be given a PIN again. One that opens stays.
    pub fn enable(&mut self, user: u64) -> Result<(), UnlockError> {
        self.connection
            .execute("DELETE FROM slots WHERE user = ?1 AND sealed IS NULL", [user])?;
        Ok(())
    }

    /// Tries a PIN. The try is on the disk before the PIN is looked at.
    pub fn unlock(&mut self, user: u64, pin: &Pin) -> Result<Secret<32>, UnlockError> {
        if self.is_locked_by_server()? {
            return Err(UnlockError::LockedByServer);
        }
        let wrapped = self.slot(user)?;
        let tries = self.count_try(user)?;
        if tries > MOST_TRIES {
            self.destroy(user)?;
            return Err(UnlockError::LockedOut);
        }
        let platform = self.platform_secret()?;
        match wrap::unwrap(&wrapped, (user, pin), &platform)? {
            Some(key) => {
                self.connection
                    .execute("UPDATE slots SET wrong = 0 WHERE user = ?1", [user])?;
                Ok(key)
            }
            None if tries >= MOST_TRIES => {
                self.destroy(user)?;
                Err(UnlockError::LockedOut)
            }
            None => Err(UnlockError::WrongPin {
                tries_left: MOST_TRIES - tries,
            }),
        }
    }

    fn slot(&self, user: u64) -> Result<Wrapped, UnlockError> {
        let sql = "SELECT salt, memory_kib, passes, lanes, sealed FROM slots WHERE user = ?1";
        let found = self.connection.query_row(sql, [user], |row| {
            let sealed: Option<Vec<u8>> = row.get(4)?;
            let Some(sealed) = sealed else {
                return Ok(None);
            };
            let cost = Cost {
                memory_kib: row.get(1)?,
                passes: row.get(2)?,
                lanes: row.get(3)?,
            };
            Ok(Some(Wrapped {
                salt: row.get(0)?,
                cost,
                sealed,
            }))
        });
        match found.optional()? {
            None => Err(UnlockError::NoSuchUser),
            Some(None) => Err(UnlockError::LockedOut),
            Some(Some(wrapped)) => Ok(wrapped),
        }
    }

    fn count_try(&mut self, user: u64) -> Result<u32, UnlockError> {
        let sql = "UPDATE slots SET wrong = wrong + 1 WHERE user = ?1 RETURNING wrong";
        Ok(self.connection.query_row(sql, [user], |row| row.get(0))?)
    }

    fn destroy(&mut self, user: u64) -> Result<(), UnlockError> {
        self.connection.execute(
            "UPDATE slots SET salt = NULL, sealed = NULL WHERE user = ?1",
            [user],
        )?;
        // What was overwritten shall not linger in the log.
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    /// The platform's secret; made when first asked for.
    fn platform_secret(&mut self) -> Result<Secret<32>, UnlockError> {
        if let Some(sealed) = self.door(PLATFORM)? {
            let secret = self.keystore.unseal(&sealed)?;
            return Secret::from_slice(&secret).ok_or(KeystoreError::CannotOpen.into());
        }
        let secret = Secret::generate(&mut OsRandom)?;
        let sealed = self.keystore.seal(secret.reveal())?;
        self.set_door(PLATFORM, &sealed)?;
        Ok(secret)
    }

    /// Whether the server locked the phone.
    pub fn is_locked_by_server(&self) -> Result<bool, UnlockError> {
        Ok(self.door(LOCKED)?.is_some())
    }

    /// Locks the phone for everyone, or lets them in again.
    pub fn lock_by_server(&mut self, locked: bool) -> Result<(), UnlockError> {
        if locked {
            return Ok(self.set_door(LOCKED, &[1])?);
        }
        self.connection
            .execute("DELETE FROM door WHERE name = ?1", [LOCKED])?;
        Ok(())
    }

    /// Destroys every slot and the platform's key, and begins the file anew.
    pub fn wipe(&mut self, path: &Path) -> Result<(), UnlockError> {
        self.keystore.destroy()?;
        self.connection
            .execute_batch("DELETE FROM slots; DELETE FROM door;")?;
        self.connection = Connection::open_in_memory()?;
        remove_file(path)?;
        self.connection = open_file(path)?;
        Ok(self.connection.execute_batch(SCHEMA)?)
    }

    fn door(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self
            .connection
            .query_row("SELECT value FROM door WHERE name = ?1", [name], |row| row.get(0));
        Ok(found.optional()?)
    }

    fn set_door(&mut self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.connection
            .execute("INSERT OR REPLACE INTO door VALUES (?1, ?2)", (name, value))?;
        Ok(())
    }
}
