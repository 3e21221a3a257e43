//! The state of a process that is no server: a worker, or a command that works on the servers' database.

use anyhow::Context as _;
use teranga_core::card::key::Purpose;
use teranga_core::card::trust::Scope;

use super::{App, Clock, Heavy, Parts, Rates, Rooms};
use crate::config::{Limits, Place};
use crate::db::{Db, Settings};
use crate::files::Files;
use crate::keys::store::DatabaseStore;
use crate::keys::{Keyring, Vault};

/// Opens the servers' database and files. The keys are those of the data folder where it has some, and otherwise those
/// that the servers have put into the database.
pub async fn open(place: &Place) -> anyhow::Result<App> {
    place.make_folder()?;
    let master = || anyhow::Ok(place.master.load(&place.data)?.key);
    let db = Db::open(&place.address()?, Settings::default()).await?;
    let keys = if place.data.join("keys").is_dir() {
        Keyring::open(&place.data, &place.master)?.0
    } else {
        Keyring::new(Box::new(DatabaseStore::new(db.clone(), master()?)), &place.data)
    };
    let session = keys.signer(Purpose::Session, &Scope::Organisation).context(
        "there are no keys that open under this master key; start `teranga serve` on this database first, and give the \
         same master key here",
    )?;
    let limits = Limits::default();
    Ok(App::new(Parts {
        session,
        vault: Vault::new(master()?),
        heavy: Heavy::default(),
        files: Files::open(&place.files()?)?,
        card_host: None,
        keys,
        db,
        clock: Clock::system(),
        proxies: Vec::new(),
        origins: Vec::new(),
        rates: Rates::new(&limits),
        rooms: Rooms::default(),
        limits,
    }))
}
