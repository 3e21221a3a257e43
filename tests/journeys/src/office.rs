//! A server as `teranga serve` starts it, with an agent in Dakar.

use std::path::Path;

use anyhow::{Context as _, Result};
use clap::Parser;
use teranga_core::clock;
use teranga_server::access::Actor;
use teranga_server::config::{Listening, Place};
use teranga_server::db::testing::{Kind, postgres_database};
use teranga_server::db::{Address, Db, DbError, sql};
use teranga_server::devices::{
    self,
    ticket::{self, Wanted},
};
use teranga_server::keys::Keyring;
use teranga_server::serve::command::Started;
use teranga_server::serve::{self, FirstStart};
use tokio::sync::watch;

/// The settings of `teranga serve`, read as its command line is.
#[derive(Debug, Parser)]
struct Settings {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    listening: Listening,
    #[command(flatten)]
    first: FirstStart,
}

impl Settings {
    fn new(data: &Path, database: Option<&str>, port: u16) -> Result<Self> {
        let data = data.to_str().context("a folder with a plain name")?;
        let listen = format!("127.0.0.1:{port}");
        let mut line = vec!["serve", "--data", data, "--listen", &listen];
        // All phones of a test have one address.
        line.extend(["--public-rate", "0", "--sign-in-rate", "0", "--session-rate", "0"]);
        line.extend(database.into_iter().flat_map(|database| ["--database", database]));
        Ok(Self::try_parse_from(line)?)
    }
}

/// A server that listens.
pub struct Office {
    /// Where, for phones.
    pub address: String,
    /// Its database, through a handle of the test's own.
    pub db: Db,
    /// The number of a user who may register people in Dakar.
    pub agent: u64,
    place: Place,
    stop: watch::Sender<bool>,
    started: Started,
    _folder: tempfile::TempDir,
}

impl Office {
    /// Starts one over a fresh database.
    pub async fn start(kind: Kind) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let database = match kind {
            Kind::Sqlite => None,
            Kind::Postgres => Some(postgres_database()),
        };
        let database = database.map(|address| match address {
            Address::Postgres(url) => url,
            Address::Sqlite(file) => file.display().to_string(),
        });
        let settings = Settings::new(folder.path(), database.as_deref(), 0)?;
        let (stop, stopping) = watch::channel(false);
        let started = serve::start(&settings.place, &settings.listening, &settings.first, stopping).await?;
        let db = Db::open(
            &settings.place.address()?,
            teranga_server::db::Settings::default(),
        )
        .await?;
        Ok(Self {
            address: format!("http://{}", started.address),
            agent: agent(&db).await?,
            db,
            place: settings.place,
            stop,
            started,
            _folder: folder,
        })
    }

    /// A ticket for one phone in Dakar.
    pub async fn ticket(&self) -> Result<String> {
        ticket_at(&self.db, &self.place, &self.address).await
    }

    /// The server's keys.
    pub fn keys(&self) -> Result<Keyring> {
        Ok(Keyring::open(&self.place.data, &self.place.master)?.0)
    }

    /// A number of the database.
    pub async fn count(&self, text: &str) -> Result<i64> {
        Ok(sql::number(self.db.reader(), text, []).await?)
    }

    /// Changes the database behind the server's back.
    pub async fn run(&self, text: &'static str) -> Result<u64> {
        let work = self
            .db
            .write(move |tx| Box::pin(async move { sql::run(tx, text, []).await }));
        Ok(work.await.map_err(|error: DbError| error)?)
    }

    /// Revokes a phone, by its number, and tells it to destroy what it holds.
    pub async fn wipe(&self, device: i64) -> Result<bool> {
        let actor = Actor::console(1, clock::now().as_millisecond());
        Ok(devices::revoke(&self.db, &actor, device, true).await?)
    }

    /// Stops it, and waits until it has.
    pub async fn stop(self) -> Result<()> {
        self.stop.send(true)?;
        self.db.close().await?;
        self.started.finished.await?
    }
}

/// The only organization's agent, made where there is none.
pub(crate) async fn agent(db: &Db) -> Result<u64> {
    const AGENT: &str = "SELECT coalesce(max(id), 0) FROM users WHERE login = 'agent'";
    let known = sql::number(db.reader(), AGENT, []).await?;
    if known > 0 {
        return Ok(known.unsigned_abs());
    }
    let work = db.write(|tx| {
        Box::pin(async move {
            // A password that no hash is of: this user works on phones only.
            const USER: &str = "INSERT INTO users (organisation, login, name, password, password_changed, created) \
                 SELECT id, 'agent', 'Fatou', '!', 0, 0 FROM organisations ORDER BY id LIMIT 1 RETURNING id";
            let id = sql::number(tx, USER, []).await?;
            const ROLE: &str =
                "INSERT INTO user_roles (user_id, role, area) VALUES ($1, 'enrollment-agent', 'SN/DKR')";
            sql::run(tx, ROLE, [id.into()]).await?;
            Ok::<_, DbError>(id.unsigned_abs())
        })
    });
    Ok(work.await?)
}

pub(crate) async fn ticket_at(db: &Db, place: &Place, address: &str) -> Result<String> {
    const ORGANISATION: &str = "SELECT min(id) FROM organisations";
    let organisation = sql::number(db.reader(), ORGANISATION, []).await?;
    let (keys, _) = Keyring::open(&place.data, &place.master)?;
    let wanted = Wanted {
        name: "Phone".to_owned(),
        area: "SN/DKR".parse()?,
        server: address.to_owned(),
    };
    let actor = Actor::console(organisation, clock::now().as_millisecond());
    Ok(ticket::make(db, &keys, &actor, wanted).await?.text)
}

/// A ticket of the server whose data lie in a folder.
pub(crate) async fn ticket_of(data: &Path, port: u16) -> Result<(String, u64)> {
    let settings = Settings::new(data, None, port)?;
    let db = Db::open(
        &settings.place.address()?,
        teranga_server::db::Settings::default(),
    )
    .await?;
    let agent = agent(&db).await?;
    let ticket = ticket_at(&db, &settings.place, &format!("http://127.0.0.1:{port}")).await?;
    db.close().await?;
    Ok((ticket, agent))
}

/// The database of the server whose data lie in a folder.
pub(crate) async fn database_of(data: &Path) -> Result<Db> {
    let settings = Settings::new(data, None, 0)?;
    Ok(Db::open(
        &settings.place.address()?,
        teranga_server::db::Settings::default(),
    )
    .await?)
}

/// Serves until the process ends.
pub(crate) async fn serve_until_killed(data: &Path, port: u16) -> Result<()> {
    let settings = Settings::new(data, None, port)?;
    let (_stop, stopping) = watch::channel(false);
    let started = serve::start(&settings.place, &settings.listening, &settings.first, stopping).await?;
    started.finished.await?
}
