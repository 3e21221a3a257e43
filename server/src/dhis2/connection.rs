//! The connection of an organization: where its DHIS2 server is, and with what it signs in, sealed.

use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use teranga_core::sensitive::Sensitive;
use zeroize::Zeroizing;

use super::Dhis2Error;
use super::client::{Base, Breaker, Client, ClientError, Credentials, Limits, Policy};
use crate::db::{Db, DbError, Tx, sql};
use crate::keys::Vault;

/// How gently a server is asked, as an administrator chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Manners {
    /// Milliseconds between two questions.
    pub pause_ms: u32,
    /// People on a page.
    pub page_size: u32,
    /// Hours of the day (UTC) in which no scheduled sync begins: from, until. Equal: none.
    pub quiet: (u8, u8),
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            pause_ms: 50,
            page_size: 250,
            quiet: (0, 0),
        }
    }
}

impl Manners {
    /// Whether an hour is quiet.
    pub fn is_quiet(&self, hour: u8) -> bool {
        let (from, until) = self.quiet;
        if from <= until {
            (from..until).contains(&hour)
        } else {
            hour >= from || hour < until
        }
    }
}

/// A connection as it is kept.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Whose.
    pub organisation: i64,
    /// Where.
    pub base: Base,
    /// With what.
    pub credentials: Credentials,
    /// The version that was met last.
    pub version: String,
    /// Programs that the account could write to.
    pub can_write: u32,
    /// How gently.
    pub manners: Manners,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    username: Option<String>,
    secret: String,
}

fn belongs_to(organisation: i64) -> String {
    format!("dhis2/{organisation}/credentials")
}

impl Connection {
    /// A client with the connection's manners on top of limits.
    pub fn client(&self, limits: Limits) -> Result<Client, ClientError> {
        let pause = std::time::Duration::from_millis(u64::from(self.manners.pause_ms)).max(limits.pause);
        let limits = Limits { pause, ..limits };
        Client::new(self.base.clone(), self.credentials.clone(), limits)
    }

    fn sealed(&self, vault: &Vault) -> Result<Vec<u8>, Dhis2Error> {
        let open = match &self.credentials {
            Credentials::Basic { username, password } => Sealed {
                username: Some(username.clone()),
                secret: password.reveal().clone(),
            },
            Credentials::Token(token) => Sealed {
                username: None,
                secret: token.reveal().clone(),
            },
        };
        let text = serde_json::to_vec(&open).map(Zeroizing::new);
        let text = text.map_err(|error| DbError::Internal(error.to_string()))?;
        vault
            .seal(&belongs_to(self.organisation), &text)
            .map_err(|error| DbError::Internal(error.to_string()).into())
    }

    /// The row of the connection, sealed.
    pub(super) fn sealed_row(&self, vault: &Vault, at: i64) -> Result<Row, Dhis2Error> {
        let settings =
            serde_json::to_string(&self.manners).map_err(|error| DbError::Internal(error.to_string()))?;
        Ok(Row([
            self.organisation.into(),
            self.base.as_str().into(),
            i16::from(self.base.policy() == Policy::OwnNetwork).into(),
            self.sealed(vault)?.into(),
            self.version.clone().into(),
            i32::try_from(self.can_write).unwrap_or(i32::MAX).into(),
            settings.into(),
            at.into(),
        ]))
    }
}

/// A connection as it is written.
pub(super) struct Row([sea_orm::Value; 8]);

impl Row {
    /// Keeps the connection in the place of an earlier one; the breaker closes, since something else is tried.
    pub(super) async fn write(self, tx: &Tx) -> Result<(), DbError> {
        const INSERT: &str = "INSERT INTO dhis2_connections (organisation, url, own_network, credentials, version, \
             can_write, settings, changed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (organisation) DO UPDATE \
             SET url = excluded.url, own_network = excluded.own_network, credentials = excluded.credentials, \
             version = excluded.version, can_write = excluded.can_write, settings = excluded.settings, \
             changed = excluded.changed, breaker = '{}'";
        sql::run(tx, INSERT, self.0).await?;
        Ok(())
    }
}

/// The connection of an organization.
///
/// # Errors
/// [`Dhis2Error::NotConnected`] where there is none yet.
pub async fn connection<C: ConnectionTrait>(
    reader: &C,
    vault: &Vault,
    organisation: i64,
) -> Result<Connection, Dhis2Error> {
    const SELECT: &str = "SELECT url, own_network, credentials, version, can_write, settings FROM dhis2_connections \
         WHERE organisation = $1";
    let row = sql::one(reader, SELECT, [organisation.into()]).await?;
    let row = row.ok_or(Dhis2Error::NotConnected)?;
    let damaged = |what: &str| DbError::Corrupt(format!("{what} of a DHIS2 connection does not open"));
    let (url, own_network): (String, i16) = (get(&row, 0)?, get(&row, 1)?);
    let policy = if own_network == 1 {
        Policy::OwnNetwork
    } else {
        Policy::Public
    };
    let sealed: Vec<u8> = get(&row, 2)?;
    let open = vault
        .open(&belongs_to(organisation), &sealed)
        .map_err(|_| damaged("the password"))?;
    let open: Sealed = serde_json::from_slice(&open).map_err(|_| damaged("the password"))?;
    let secret = Sensitive::new(open.secret);
    let credentials = match open.username {
        Some(username) => Credentials::Basic {
            username,
            password: secret,
        },
        None => Credentials::Token(secret),
    };
    let settings: String = get(&row, 5)?;
    Ok(Connection {
        organisation,
        base: Base::parse(&url, policy)?,
        credentials,
        version: get(&row, 3)?,
        can_write: get::<i32>(&row, 4)?.unsigned_abs(),
        manners: serde_json::from_str(&settings).map_err(|_| damaged("a setting"))?,
    })
}

fn get<T: sea_orm::TryGetable>(row: &sea_orm::QueryResult, at: usize) -> Result<T, DbError> {
    Ok(row.try_get_by_index(at)?)
}

/// The breaker of an organization's connection.
pub async fn breaker<C: ConnectionTrait>(reader: &C, organisation: i64) -> Result<Breaker, DbError> {
    const SELECT: &str = "SELECT breaker FROM dhis2_connections WHERE organisation = $1";
    let row = sql::one(reader, SELECT, [organisation.into()]).await?;
    let text: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose()?;
    // One that does not read is closed: the next fault writes it anew.
    Ok(text
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default())
}

/// Changes the breaker, one machine after the other.
pub async fn change_breaker<T, F>(db: &Db, organisation: i64, change: F) -> Result<T, DbError>
where
    F: FnOnce(&mut Breaker) -> T + Send + 'static,
    T: Send + 'static,
{
    db.write(move |tx| {
        Box::pin(async move {
            let lock = format!(
                "SELECT organisation FROM dhis2_connections WHERE organisation = $1{}",
                sql::for_update(tx.get_database_backend())
            );
            sql::one(tx, &lock, [organisation.into()]).await?;
            let before = breaker(tx, organisation).await?;
            let mut after = before.clone();
            let said = change(&mut after);
            if after != before {
                let text =
                    serde_json::to_string(&after).map_err(|error| DbError::Internal(error.to_string()))?;
                let update = "UPDATE dhis2_connections SET breaker = $1 WHERE organisation = $2";
                sql::run(tx, update, [text.into(), organisation.into()]).await?;
            }
            Ok(said)
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_may_go_over_midnight() {
        let manners = |from, until| Manners {
            quiet: (from, until),
            ..Manners::default()
        };
        assert!(!manners(0, 0).is_quiet(0));
        assert!(manners(8, 18).is_quiet(8) && !manners(8, 18).is_quiet(18));
        assert!(manners(22, 5).is_quiet(23) && manners(22, 5).is_quiet(4) && !manners(22, 5).is_quiet(5));
    }
}
