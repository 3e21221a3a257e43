//! The phone as a whole: what an app, the terminal phone and the tests drive.
//!
//! An [`Engine`] is opened once on a folder. It is locked until someone unlocks it with a PIN, and locks itself when
//! nobody touches it; syncing works either way. Everything that is done while it is open goes through one lock and takes
//! milliseconds, but for [`Engine::unlock`], whose PIN is slow on purpose: an app calls that one off its main thread.
//!
//! ```text
//! folder/slots      who may open it          session
//! folder/vault      what a person could read store
//! folder/outbox     sealed packets, notes    outbox
//! folder/bundle/    what the server sent     registry::bundle
//! ```

mod enrolling;
mod error;
mod looking;
mod open;
mod rights;
mod status;
mod syncing;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod users;
mod working;

pub use error::EngineError;
pub use looking::Post;
pub use rights::{Right, may};
pub use status::Status;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;

use crate::decode::FrameScanner;
use crate::outbox::Outbox;
use crate::registry::bundle::files::Disk;
use crate::registry::bundle::folder::Folder;
use crate::scan::Lists;
use crate::session::{Cost, Slots};
use crate::store::{PlatformKeystore, StoreError};
use crate::sync::{Enrollment, Shared};
use open::Open;

/// The platform's key store, shared by all parts.
pub type Keystore = Arc<dyn PlatformKeystore>;

/// What the phone's clock says. Only [`crate::clock`] reads it; a test sets it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How an engine runs.
#[derive(Clone)]
pub struct Settings {
    /// What one try of a PIN costs.
    pub cost: Cost,
    /// What the clock says.
    pub clock: Clock,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cost: Cost::default(),
            clock: Arc::new(crate::clock::now),
        }
    }
}

/// A phone.
pub struct Engine {
    folder: PathBuf,
    settings: Settings,
    shared: Shared<Keystore>,
    slots: Mutex<Slots<Keystore>>,
    open: Mutex<Option<Open>>,
    enrollment: Mutex<Option<Enrollment>>,
    /// The lists, and the generation for which they were opened.
    lists: Mutex<Option<(u64, Arc<Lists>)>>,
    /// Goes up whenever parts of a bundle came in.
    generation: AtomicU64,
    camera: Mutex<FrameScanner>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Engine")
    }
}

impl Engine {
    /// Opens a phone's folder, or makes it. The phone is locked.
    pub fn open(folder: &Path, keystore: Keystore, settings: Settings) -> Result<Self, EngineError> {
        std::fs::create_dir_all(folder).map_err(StoreError::from)?;
        let bundle = Disk::open(folder.join(BUNDLE)).map_err(StoreError::from)?;
        let outbox = Outbox::open(&folder.join(OUTBOX))?;
        Ok(Self {
            slots: Mutex::new(Slots::open(&folder.join(SLOTS), Arc::clone(&keystore))?),
            shared: Shared::new(outbox, Folder::new(bundle), keystore),
            folder: folder.to_path_buf(),
            settings,
            open: Mutex::new(None),
            enrollment: Mutex::new(None),
            lists: Mutex::new(None),
            generation: AtomicU64::new(0),
            camera: Mutex::new(FrameScanner::new()),
        })
    }

    fn slots(&self) -> Result<MutexGuard<'_, Slots<Keystore>>, EngineError> {
        self.slots.lock().map_err(|_| EngineError::Failed)
    }

    fn state(&self) -> Result<MutexGuard<'_, Option<Open>>, EngineError> {
        self.open.lock().map_err(|_| EngineError::Failed)
    }

    fn vault_path(&self) -> PathBuf {
        self.folder.join(VAULT)
    }

    fn now(&self) -> Timestamp {
        (self.settings.clock)()
    }

    /// What was opened of the bundle before is looked at again.
    fn lists_changed(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }
}

const VAULT: &str = "vault";
const OUTBOX: &str = "outbox";
const SLOTS: &str = "slots";
const BUNDLE: &str = "bundle";
