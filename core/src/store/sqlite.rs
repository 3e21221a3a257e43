//! Opening a SQLite file so that what it acknowledged survives a power cut.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::StoreError;

/// How long to wait for another connection to the same file.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens a file that is not encrypted, or makes it.
pub(crate) fn open(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    durable(&connection)?;
    Ok(connection)
}

/// Sets write-ahead mode with a full sync for each commit, and reads both back.
pub(crate) fn durable(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(PATIENCE)?;
    connection.execute_batch(
        "PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON; PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;",
    )?;
    let journal: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if !journal.eq_ignore_ascii_case("wal") {
        return Err(StoreError::NotDurable("write-ahead files"));
    }
    let synchronous: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
    if synchronous == 2 {
        Ok(())
    } else {
        Err(StoreError::NotDurable("full synchronization"))
    }
}

/// Removes a database with its side files; none of them need be there.
pub(crate) fn remove(path: &Path) -> Result<(), StoreError> {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        match fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}
