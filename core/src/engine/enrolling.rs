//! Becoming a device: first the ticket, then a first user's PIN.

use super::open::VAULT_KEY;
use super::{Engine, EngineError};
use crate::ids::OsRandom;
use crate::sensitive::Secret;
use crate::session::Pin;
use crate::store::{Change, Store as _, Table, Vault, remove_file};
use crate::sync::{self, SyncError, Transport, note};
use crate::wire::enroll::{AppInfo, User};

impl Engine {
    /// Asks the server of a ticket to take this phone in; gives the people who may use it. One of them then chooses a PIN
    /// ([`Engine::settle`]). A lost answer is asked for again with the same ticket.
    pub async fn enroll(
        &self,
        transport: &impl Transport,
        ticket: &str,
        app: AppInfo,
    ) -> Result<Vec<User>, EngineError> {
        if self.shared.outbox()?.note(note::SERVER)?.is_some() {
            return Err(EngineError::Enrolled);
        }
        let files = (&self.shared.outbox, &self.shared.keystore);
        let enrollment = sync::enroll(transport, files, ticket, app).await?;
        let users = enrollment.enrolled.setup.users.clone();
        *self.enrollment.lock().map_err(|_| EngineError::Failed)? = Some(enrollment);
        Ok(users)
    }

    /// Makes the vault, gives the first user a PIN, and writes down who the device is. The phone is open afterwards.
    ///
    /// What an attempt that was cut off left behind is removed first: before the last step the phone is not enrolled, and
    /// the ticket still gives the same answer.
    pub fn settle(&self, user: u64, pin: &Pin) -> Result<(), EngineError> {
        let mut slot = self.enrollment.lock().map_err(|_| EngineError::Failed)?;
        let enrollment = slot.as_ref().ok_or(EngineError::NotEnrolled)?;
        let users = &enrollment.enrolled.setup.users;
        let name = users.iter().find(|known| known.id == user);
        let name = name.map(|user| user.name.clone()).ok_or(EngineError::NotAUser)?;
        remove_file(&self.vault_path())?;
        let data_key = Secret::generate(&mut OsRandom)?;
        let mut vault = Vault::open(&self.vault_path(), &data_key)?;
        vault.commit(vec![Change::put(
            Table::Settings,
            VAULT_KEY,
            *enrollment.vault_key().reveal(),
        )])?;
        drop(vault);
        {
            let mut slots = self.slots()?;
            for left in slots.users()? {
                slots.take(left.user)?;
            }
            slots.give((user, &name), pin, &data_key, self.settings.cost)?;
        }
        sync::settle(&mut *self.shared.outbox()?, &self.shared.keystore, enrollment)?;
        *slot = None;
        self.open_vault(user, data_key)
    }

    /// Destroys everything that is here: slots, vault, outbox, bundle, and the platform's key.
    pub fn wipe(&self) -> Result<(), EngineError> {
        *self.state()? = None;
        *self.lists.lock().map_err(|_| EngineError::Failed)? = None;
        self.lists_changed();
        let slots = self.folder.join(super::SLOTS);
        // Without its keys nothing opens any more, whatever of the rest is left.
        self.slots()?.wipe(&slots)?;
        remove_file(&self.vault_path())?;
        let bundle = self.folder.join(super::BUNDLE);
        std::fs::remove_dir_all(&bundle).map_err(crate::store::StoreError::from)?;
        let outbox = self.folder.join(super::OUTBOX);
        remove_file(&outbox)?;
        *self.shared.outbox()? = crate::outbox::Outbox::open(&outbox)?;
        std::fs::create_dir_all(&bundle).map_err(crate::store::StoreError::from)?;
        Ok(())
    }
}

impl From<EngineError> for SyncError {
    /// Why a command was not obeyed.
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Sync(error) => error,
            EngineError::Store(error) => Self::Store(error),
            other => Self::Command(other.to_string()),
        }
    }
}
