//! What can go wrong with a database, told apart by what the caller can do about it.

use sea_orm::{DbErr, RuntimeErr};

/// Why the database did not do as asked. No message holds a value of a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DbError {
    /// It cannot be reached now; later it may (an answer of 503).
    #[error(
        "the database cannot be reached ({0}); nothing was changed unless said otherwise, try again in a moment"
    )]
    Unavailable(String),
    /// Others hold what is needed; the same request will succeed later (an answer of 503).
    #[error("the database is busy with other changes; try again in a moment")]
    Busy,
    /// A value that must be unique is there already.
    #[error("something with the same value is there already ({0})")]
    Conflict(String),
    /// A row that is referred to is not there.
    #[error("something that is referred to does not exist ({0})")]
    Missing(String),
    /// No room on the disk (an answer of 507).
    #[error("the disk of the database is full; free some space, nothing that was acknowledged is lost")]
    Full,
    /// The file is damaged.
    #[error("the database is damaged ({0}); stop the server, keep the file, and restore the last backup")]
    Corrupt(String),
    /// The database is not as this program needs it.
    #[error("{0}")]
    Refused(String),
    /// A fault of this program.
    #[error("the database refused a statement ({0}); this is a fault of the program, please report it")]
    Internal(String),
}

impl DbError {
    /// Whether the same request may succeed a moment later.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Busy)
    }
}

impl From<DbErr> for DbError {
    fn from(error: DbErr) -> Self {
        match error {
            DbErr::Conn(RuntimeErr::SqlxError(source))
            | DbErr::Exec(RuntimeErr::SqlxError(source))
            | DbErr::Query(RuntimeErr::SqlxError(source)) => Self::from(&*source),
            DbErr::ConnectionAcquire(_) => Self::Unavailable("no free connection".to_owned()),
            DbErr::RecordNotFound(what) => Self::Missing(what),
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<&sqlx::Error> for DbError {
    fn from(error: &sqlx::Error) -> Self {
        use sqlx::Error as E;
        match error {
            E::Database(source) => by_code(source.as_ref()),
            E::Io(source) => Self::Unavailable(source.kind().to_string()),
            E::Tls(_) => Self::Unavailable("the encrypted connection failed".to_owned()),
            E::PoolTimedOut => Self::Unavailable("no free connection".to_owned()),
            E::PoolClosed => Self::Unavailable("it is being closed".to_owned()),
            E::WorkerCrashed | E::Protocol(_) => Self::Unavailable("the connection broke".to_owned()),
            E::Configuration(source) => Self::Refused(format!("the address of the database: {source}")),
            // Decoding errors quote the column, not its value.
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        Self::from(&error)
    }
}

/// PostgreSQL's five characters (its manual, appendix A) or SQLite's extended result code (sqlite.org/rescode.html).
fn by_code(error: &dyn sqlx::error::DatabaseError) -> DbError {
    let code = error.code().unwrap_or_default();
    if let Some(sqlite) = code.parse::<i32>().ok().filter(|_| code.len() != 5) {
        return by_sqlite_code(sqlite, error);
    }
    let constraint = || error.constraint().unwrap_or("a constraint").to_owned();
    match &*code {
        "23505" => DbError::Conflict(constraint()),
        "23503" => DbError::Missing(constraint()),
        "40001" | "40P01" | "55P03" | "57014" => DbError::Busy,
        "53100" => DbError::Full,
        "XX001" | "XX002" => DbError::Corrupt(code.into_owned()),
        code if code.starts_with("08")
            || code.starts_with("53")
            || code.starts_with("57P")
            || code == "58030" =>
        {
            DbError::Unavailable(code.to_owned())
        }
        "3D000" | "28P01" | "28000" | "42501" => DbError::Refused(format!("PostgreSQL: {}", error.message())),
        _ => DbError::Internal(format!("{code} {}", error.message())),
    }
}

fn by_sqlite_code(code: i32, error: &dyn sqlx::error::DatabaseError) -> DbError {
    // "UNIQUE constraint failed: table.column" names no value.
    let message = error.message().to_owned();
    match (code, code & 0xff) {
        (1555 | 2067 | 2579, _) => DbError::Conflict(message),
        (787, _) => DbError::Missing(message),
        (_, 5 | 6) => DbError::Busy,
        (_, 13) => DbError::Full,
        (_, 11 | 26) => DbError::Corrupt(message),
        (_, 8 | 14) => DbError::Refused(format!(
            "the database file cannot be opened for writing ({message})"
        )),
        (_, 10) => DbError::Unavailable(message),
        _ => DbError::Internal(message),
    }
}
