//! The database: SQLite in one file by default, PostgreSQL when a programme outgrows one machine.
//!
//! Everything goes through one handle, [`Db`]. **Readers** come from a pool ([`Db::reader`]). **Writes** are closures
//! over a transaction ([`Db::write`]): on SQLite one writer takes them from a queue, gives each a savepoint and commits
//! many at once, since a commit costs a flush of the disk of 2–3 ms; on PostgreSQL each is a transaction of its own,
//! under the advisory [`Locks`] that it names. Either way the answer comes after the commit, never before.
//!
//! The tables are made by numbered [`migrations`], the same text for both databases. Statements are written once with
//! `$1` for parameters, which both understand; [`sql`] has the few spellings in which they differ.

mod address;
mod checkpoint;
mod error;
pub mod feed;
mod handle;
pub mod migrations;
mod postgres;
pub mod rows;
pub mod sql;
mod sqlite;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod write;

pub use address::{Address, AddressError};
pub use error::DbError;
pub use handle::{Db, Settings};
pub use write::Locks;

/// What a write sees: a transaction, or a savepoint in one. Dropped without an answer it changes nothing.
pub type Tx = sea_orm::DatabaseTransaction;

/// A future that a write returns; made with [`futures_util::FutureExt::boxed`] or `Box::pin`.
pub type Writing<'tx, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'tx>>;

#[cfg(test)]
mod tests;
