//! The folder of a phone, and who opens it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use teranga_core::engine::{Engine, Keystore, Settings};
use teranga_core::session::Pin;
use teranga_core::store::FileKeystore;

use super::command::default_folder;

/// Where the phone is and who uses it.
#[derive(Debug, clap::Args)]
pub struct Place {
    /// Folder of the phone; made when it is not there
    #[arg(long, global = true, env = "TERANGA_PHONE", default_value_os_t = default_folder())]
    folder: PathBuf,
    /// The user's number; where one user alone has a PIN it is theirs
    #[arg(long, global = true, env = "TERANGA_PHONE_USER")]
    pub(super) user: Option<u64>,
    /// The user's PIN
    #[arg(long, global = true, env = "TERANGA_PHONE_PIN", hide_env_values = true)]
    pin: Option<String>,
    /// Answer as JSON
    #[arg(long, global = true)]
    pub(super) json: bool,
}

impl Place {
    /// The phone, locked.
    pub(super) fn engine(&self) -> anyhow::Result<Engine> {
        std::fs::create_dir_all(&self.folder)
            .with_context(|| format!("the folder {} cannot be made", self.folder.display()))?;
        let keystore: Keystore = Arc::new(FileKeystore::new(self.folder.join("platform")));
        let engine = Engine::open(&self.folder, keystore, Settings::default());
        engine.with_context(|| format!("the phone in {} does not open", self.folder.display()))
    }

    /// The PIN that was given.
    pub(super) fn pin(&self) -> anyhow::Result<&str> {
        self.pin
            .as_deref()
            .context("a PIN is needed: set TERANGA_PHONE_PIN, or give --pin")
    }

    /// The phone, open.
    pub(super) fn unlocked(&self) -> anyhow::Result<Engine> {
        let engine = self.engine()?;
        self.unlock(&engine)?;
        Ok(engine)
    }

    /// The phone, open where a PIN was given.
    pub(super) fn perhaps_unlocked(&self) -> anyhow::Result<Engine> {
        let engine = self.engine()?;
        if self.pin.is_some() && engine.status()?.device.is_some() {
            self.unlock(&engine)?;
        }
        Ok(engine)
    }

    fn unlock(&self, engine: &Engine) -> anyhow::Result<()> {
        let pin = Pin::typed(self.pin()?);
        let users = engine.users()?;
        let user = match (self.user, &users[..]) {
            (Some(user), _) => user,
            (None, [only]) => only.user,
            (None, []) => {
                anyhow::bail!("nobody has a PIN here: enroll the phone first, with `teranga phone enroll`")
            }
            (None, _) => anyhow::bail!(
                "several people use this phone: say which one with --user (see `teranga phone users`)"
            ),
        };
        Ok(engine.unlock(user, &pin)?)
    }
}
