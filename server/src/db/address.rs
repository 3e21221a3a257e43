//! Where a database is: a file, or a PostgreSQL server.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The address of a database.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// One SQLite file; made when it is not there.
    Sqlite(PathBuf),
    /// A connection URL of PostgreSQL (libpq's form), which may hold a password.
    Postgres(String),
}

/// An address that names neither kind of database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a database is sqlite:FILE, the path of a file, or postgres://USER@HOST/NAME")]
pub struct AddressError;

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let file = text.strip_prefix("sqlite:").unwrap_or(text);
        let file = file.strip_prefix("//").unwrap_or(file);
        if file.is_empty() || file.contains("://") || file.contains(":memory:") {
            return Err(AddressError);
        }
        Ok(Self::Sqlite(file.into()))
    }
}

/// Never shows a password.
impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(out, "sqlite:{}", file.display()),
            Self::Postgres(url) => {
                let host = url.rsplit_once('@').map_or(url.as_str(), |(_, host)| host);
                let host = host.split_once("://").map_or(host, |(_, host)| host);
                write!(out, "postgres://{}", host.split('?').next().unwrap_or_default())
            }
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_two_schemes_are_addresses() {
        for text in [
            "data/teranga.db",
            "sqlite:data/teranga.db",
            "sqlite://data/teranga.db",
        ] {
            assert_eq!(
                text.parse(),
                Ok(Address::Sqlite("data/teranga.db".into())),
                "{text}"
            );
        }
        assert!(matches!(
            "postgres://me@db/teranga".parse(),
            Ok(Address::Postgres(_))
        ));
        for text in ["", "sqlite:", "mysql://x", "sqlite::memory:"] {
            assert_eq!(text.parse::<Address>(), Err(AddressError), "{text}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let address: Address = "postgres://me:secret@db.example/teranga?password=secret"
            .parse()
            .unwrap();
        assert_eq!(
            format!("{address} {address:?}"),
            "postgres://db.example/teranga postgres://db.example/teranga"
        );
    }
}
