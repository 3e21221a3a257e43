//! The vault's schema, step by step. A file of any older version is brought up when it is opened.

use rusqlite::Connection;

use super::StoreError;

/// One step each; the file's `user_version` says how many it has. A step that was shipped is never changed.
const STEPS: [&str; 2] = [
    "CREATE TABLE settings      (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
     CREATE TABLE people        (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
     CREATE TABLE registrations (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
     CREATE TABLE handover      (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
     CREATE TABLE pool          (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
     CREATE TABLE blanks        (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
     CREATE TABLE scans         (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;",
    "CREATE TABLE served        (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
     CREATE TABLE cards         (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;",
];

/// Brings the file up to this program's version, each step in a transaction of its own.
pub(super) fn run(connection: &mut Connection) -> Result<(), StoreError> {
    let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = STEPS.len() as u32;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (done, step) in (0..).zip(STEPS).skip(found as usize) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.execute_batch(&format!("PRAGMA user_version = {}", done + 1))?;
        transaction.commit()?;
    }
    Ok(())
}
