//! A pool of PostgreSQL connections, each of which commits to disk before it says so.

use std::time::Duration;

use sea_orm::{DatabaseConnection, SqlxPostgresConnector};
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::{DbError, Settings};

/// The oldest version that is tested.
const OLDEST: i64 = 150_000;

/// How long a request waits for a connection before it is told that the database cannot be reached.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn open(url: &str, settings: Settings) -> Result<DatabaseConnection, DbError> {
    let commit = if settings.durable { "on" } else { "off" };
    let options = url.parse::<PgConnectOptions>().map_err(|_| {
        DbError::Refused("the PostgreSQL address cannot be read; write postgres://USER@HOST/NAME".to_owned())
    })?;
    let options = options
        .application_name("teranga")
        .options([
            ("synchronous_commit", commit),
            ("default_transaction_isolation", "read committed"),
            ("lock_timeout", "20s"),
            ("idle_in_transaction_session_timeout", "60s"),
        ])
        .disable_statement_logging();
    let pool = PgPoolOptions::new()
        .max_connections(settings.connections.max(2))
        .acquire_timeout(PATIENCE)
        .after_connect(move |connection, _| Box::pin(check(connection, commit)))
        .connect_with(options)
        .await?;
    Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
}

/// Reads back what was asked for, since a role or a pooler between can overrule it.
async fn check(connection: &mut sqlx::PgConnection, commit: &str) -> Result<(), sqlx::Error> {
    let (version, synchronous, encoding): (String, String, String) = sqlx::query_as(
        "SELECT current_setting('server_version_num'), current_setting('synchronous_commit'), \
         current_setting('server_encoding')",
    )
    .fetch_one(connection)
    .await?;
    let refused = |words: String| Err(sqlx::Error::Configuration(words.into()));
    if version.parse().unwrap_or(0) < OLDEST {
        return refused("PostgreSQL 15 or newer is needed".to_owned());
    }
    if synchronous != commit {
        return refused(format!(
            "the server sets synchronous_commit to {synchronous}, with which acknowledged work could be lost"
        ));
    }
    if encoding != "UTF8" {
        return refused(format!(
            "the database holds {encoding}; create it with ENCODING 'UTF8'"
        ));
    }
    Ok(())
}
