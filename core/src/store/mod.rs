//! What a phone keeps: settings, the people of its area, its registrations, its pool of ids, what was scanned.
//!
//! A store is a handful of tables from keys to values, ordered by key, with one promise: a [`commit`](Store::commit) is
//! on the disk as a whole when it returns, or not at all. What the values mean is the business of the modules that
//! write them. Two stores keep the promise and pass one suite of tests: [`Vault`], an encrypted file that opens with the
//! session's key, and [`Memory`], for tests and simulated fleets.
//!
//! ```text
//! vault     everything that a person could read           SQLCipher, opens with a PIN
//! outbox    sealed packets for the server                 readable by nobody here; see `outbox`
//! slots     who may open the vault: keys wrapped by PINs   see `session`
//! ```
//! All three are SQLite files in write-ahead mode with `synchronous=FULL`, which is read back at open and refused
//! otherwise: in simulated power cuts no other mode kept every acknowledged row.

#[cfg(test)]
mod contract;
mod error;
mod keystore;
mod memory;
mod migrations;
mod sqlite;
mod vault;

pub use error::StoreError;
pub use keystore::{FileKeystore, KeystoreError, PlatformKeystore};
pub use memory::Memory;
pub(crate) use sqlite::{durable, open as open_file, remove as remove_file};
pub use vault::{DataKey, Vault};

/// The tables of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Who the device is and what it was told, by name.
    Settings,
    /// The people of the area, by MPI id.
    People,
    /// What was registered here, by packet id.
    Registrations,
    /// Packets without a receipt yet, by sequence: what the outbox is filled from.
    Handover,
    /// Reserved ids, by their 8 characters; the value says whether it was given out.
    Pool,
    /// Blank cards in stock, by lot and serial number.
    Blanks,
    /// What was scanned, without personal data, by time.
    Scans,
    /// Who was served in which round, by the hash of their card.
    Served,
    /// Cards that this phone bound, handed over or replaced, by the hash of their token.
    Cards,
}

impl Table {
    /// All tables.
    pub const ALL: [Self; 9] = [
        Self::Settings,
        Self::People,
        Self::Registrations,
        Self::Handover,
        Self::Pool,
        Self::Blanks,
        Self::Scans,
        Self::Served,
        Self::Cards,
    ];

    /// The table's name in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::People => "people",
            Self::Registrations => "registrations",
            Self::Handover => "handover",
            Self::Pool => "pool",
            Self::Blanks => "blanks",
            Self::Scans => "scans",
            Self::Served => "served",
            Self::Cards => "cards",
        }
    }
}

/// One change of a commit.
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// Writes a value in place of the one before, if any.
    Put(Table, Vec<u8>, Vec<u8>),
    /// Removes a value; one that is not there stays so.
    Remove(Table, Vec<u8>),
    /// Removes every value of a table.
    Clear(Table),
}

impl Change {
    /// Writes a value.
    pub fn put(table: Table, key: impl AsRef<[u8]>, value: impl Into<Vec<u8>>) -> Self {
        Self::Put(table, key.as_ref().to_vec(), value.into())
    }

    /// Removes a value.
    pub fn remove(table: Table, key: impl AsRef<[u8]>) -> Self {
        Self::Remove(table, key.as_ref().to_vec())
    }
}

impl std::fmt::Debug for Change {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Put(table, ..) | Self::Remove(table, _) | Self::Clear(table)) = self;
        write!(formatter, "Change({}, [withheld])", table.name())
    }
}

/// Someone who is shown each entry of a table, its key and its value, and may stop with an error.
pub type Visitor<'a> = dyn FnMut(&[u8], &[u8]) -> Result<(), StoreError> + 'a;

/// A key and its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// Something that keeps the phone's tables.
pub trait Store: Send {
    /// The value of a key.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// At most `most` entries whose keys come after `after` (none: from the first), ascending by key.
    fn walk(&self, table: Table, after: Option<&[u8]>, most: usize) -> Result<Vec<Entry>, StoreError>;

    /// How many values a table has.
    fn count(&self, table: Table) -> Result<u64, StoreError>;

    /// Makes all changes, in their order, or none. They are on the disk when this returns.
    fn commit(&mut self, changes: Vec<Change>) -> Result<(), StoreError>;

    /// Hands every entry of a table to a visitor, ascending by key.
    fn each(&self, table: Table, visit: &mut Visitor<'_>) -> Result<(), StoreError> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = self.walk(table, after.as_deref(), 1_000)?;
            for (key, value) in &page {
                visit(key, value)?;
            }
            match page.into_iter().next_back() {
                Some((last, _)) => after = Some(last),
                None => return Ok(()),
            }
        }
    }
}

impl<S: Store + ?Sized> Store for Box<S> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        (**self).get(table, key)
    }

    fn walk(&self, table: Table, after: Option<&[u8]>, most: usize) -> Result<Vec<Entry>, StoreError> {
        (**self).walk(table, after, most)
    }

    fn count(&self, table: Table) -> Result<u64, StoreError> {
        (**self).count(table)
    }

    fn commit(&mut self, changes: Vec<Change>) -> Result<(), StoreError> {
        (**self).commit(changes)
    }
}

/// A value that was written as JSON; what cannot be read is damage and said so.
pub fn json<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|_| StoreError::Damaged)
}

/// A value as JSON.
pub fn to_json(value: &impl serde::Serialize) -> Vec<u8> {
    // Values of the store are plain structures, which always serialize.
    serde_json::to_vec(value).unwrap_or_default()
}
