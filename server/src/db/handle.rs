//! The one handle.

use std::sync::Arc;

use sea_orm::{DatabaseConnection, DbBackend};

use super::write::{Locks, Queue, in_own_transaction};
use super::{Address, DbError, Tx, Writing, migrations, postgres, sqlite};

/// How a database is opened.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Most connections that read at once (and, on PostgreSQL, that write).
    pub connections: u32,
    /// Whether a commit waits for the disk. Off only where a test measures something else.
    pub durable: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connections: 8,
            durable: true,
        }
    }
}

/// A database that is open and has its tables. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    reader: DatabaseConnection,
    writer: Writer,
    address: Arc<Address>,
}

#[derive(Clone)]
enum Writer {
    Sqlite(Queue),
    Postgres,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Db({})", self.address)
    }
}

impl Db {
    /// Opens a database and brings its tables up to date.
    ///
    /// Refused, with words, are a file that is damaged or no database, one whose settings could not be made safe, and one
    /// that a newer program has changed.
    pub async fn open(address: &Address, settings: Settings) -> Result<Self, DbError> {
        let (reader, writer) = match address {
            Address::Sqlite(file) => {
                let (reader, connect) = sqlite::open(file, settings).await?;
                (reader, Writer::Sqlite(Queue::start(connect)))
            }
            Address::Postgres(url) => (postgres::open(url, settings).await?, Writer::Postgres),
        };
        let db = Self {
            reader,
            writer,
            address: Arc::new(address.clone()),
        };
        migrations::run(&db).await?;
        Ok(db)
    }

    /// Connections for reading. On SQLite they refuse to write.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// Which of the two databases it is.
    pub fn backend(&self) -> DbBackend {
        self.reader.get_database_backend()
    }

    /// Where it is, without a password.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Runs a write and answers once it is on the disk; an error undoes all it did, and nothing of others.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'tx> FnOnce(&'tx Tx) -> Writing<'tx, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.write_under(Locks::none(), work).await
    }

    /// Runs a write under locks that keep other machines from writing about the same things. On SQLite there is one
    /// writer, so that they are not needed.
    pub async fn write_under<T, E, F>(&self, locks: Locks, work: F) -> Result<T, E>
    where
        F: for<'tx> FnOnce(&'tx Tx) -> Writing<'tx, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        match &self.writer {
            Writer::Sqlite(queue) => queue.write(work).await,
            Writer::Postgres => in_own_transaction(&self.reader, &locks, work).await,
        }
    }

    /// Waits for the writes under way and closes all connections. Writes that come later are refused.
    pub async fn close(&self) -> Result<(), DbError> {
        self.reader.close_by_ref().await?;
        // Last, because whoever closes an SQLite file last copies its log into it.
        if let Writer::Sqlite(queue) = &self.writer {
            queue.close().await;
        }
        Ok(())
    }
}
