//! What is there while the vault is open.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{Engine, EngineError, Keystore, Right, may};
use crate::find::{Area, Who, people_changes};
use crate::ids::OsRandom;
use crate::outbox::Packet;
use crate::person::MpiId;
use crate::register::{self, Desk};
use crate::registry::Handle;
use crate::registry::bundle::manifest::Kind;
use crate::registry::bundle::numbers::Numbers;
use crate::registry::bundle::{OpenError, Opened, folder::FolderError};
use crate::session::{Idle, Pin};
use crate::store::{Change, DataKey, Store as _, StoreError, Table, Vault};
use crate::sync::{Identity, note};
use crate::wire::packet::Sealer;
use crate::wire::{DeviceKey, enroll::Setup};

/// The setting that holds the vault's key to downlinks and parts.
pub(super) const VAULT_KEY: &[u8] = b"vault_key";

/// The setting that holds the hash of the people part that the vault took.
const PEOPLE_PART: &[u8] = b"people_part";

/// The setting that holds a copy of the outbox's notes, for the day on which the outbox is damaged.
const NOTES: &[u8] = b"notes";

/// An open phone.
pub(super) struct Open {
    pub user: u64,
    pub role: String,
    pub idle: Idle,
    pub data_key: DataKey,
    pub vault: Vault,
    pub vault_key: DeviceKey,
    pub identity: Identity,
    pub sealer: Sealer,
    pub area: Area,
    pub numbers: Option<Arc<Numbers>>,
    /// People by the keyed hash under which the bundle's cards name their holders.
    pub holders: HashMap<[u8; 8], MpiId>,
}

impl Open {
    /// A desk for the user who has the phone open.
    pub fn desk(&mut self, now: Timestamp) -> Desk<'_, Vault> {
        Desk {
            store: &mut self.vault,
            area: &mut self.area,
            sealer: &mut self.sealer,
            signing: &self.identity.signing,
            setup: &self.identity.setup,
            user: self.user,
            now,
        }
    }

    pub fn setup(&self) -> &Setup {
        &self.identity.setup
    }
}

impl Engine {
    /// Opens the vault with a user's PIN. Takes as long as the cost of the PIN, and reads the area.
    pub fn unlock(&self, user: u64, pin: &Pin) -> Result<(), EngineError> {
        if self.shared.outbox()?.note(note::SERVER)?.is_none() && !self.vault_path().exists() {
            return Err(EngineError::NotEnrolled);
        }
        let data_key = self.slots()?.unlock(user, pin)?;
        self.open_vault(user, data_key)
    }

    pub(super) fn open_vault(&self, user: u64, data_key: DataKey) -> Result<(), EngineError> {
        let mut vault = Vault::open(&self.vault_path(), &data_key)?;
        self.restore_notes(&mut vault)?;
        let identity = self.identity()?;
        let role = identity.setup.users.iter().find(|known| known.id == user);
        let role = role.map(|user| user.role.clone()).ok_or(EngineError::NotAUser)?;
        let vault_key = vault.get(Table::Settings, VAULT_KEY)?;
        let vault_key = vault_key.and_then(|bytes| crate::sensitive::Secret::from_slice(&bytes));
        let after = SignedDuration::from_secs(identity.setup.policy.lock_after_seconds.max(10).into());
        let mut open = Open {
            user,
            role,
            idle: Idle::new(self.now(), after),
            data_key,
            sealer: sealer(&identity)?,
            area: Area::load(&vault)?,
            vault,
            vault_key: DeviceKey::from_secret(vault_key.ok_or(StoreError::Damaged)?),
            identity,
            numbers: None,
            holders: HashMap::new(),
        };
        self.take_registrations(&mut open)?;
        self.refresh(&mut open)?;
        *self.state()? = Some(open);
        Ok(())
    }

    /// Who the device is.
    pub(super) fn identity(&self) -> Result<Identity, EngineError> {
        let outbox = self.shared.outbox()?;
        let identity = Identity::load(&outbox, &self.shared.keystore)?;
        identity.ok_or(EngineError::NotEnrolled)
    }

    /// An outbox that was begun anew gets back what the vault remembers: who the device is, and what waits.
    fn restore_notes(&self, vault: &mut Vault) -> Result<(), EngineError> {
        let mut outbox = self.shared.outbox()?;
        if outbox.note(note::SERVER)?.is_some() {
            let notes = outbox.notes()?;
            let copy = crate::store::to_json(&notes);
            if vault.get(Table::Settings, NOTES)?.as_ref() != Some(&copy) {
                vault.commit(vec![Change::put(Table::Settings, NOTES, copy)])?;
            }
        } else if let Some(copy) = vault.get(Table::Settings, NOTES)? {
            let notes: Vec<(String, Vec<u8>)> = crate::store::json(&copy)?;
            let notes: Vec<(&str, Vec<u8>)> = notes
                .iter()
                .map(|(name, value)| (name.as_str(), value.clone()))
                .collect();
            outbox.receive(&[], &[], &notes)?;
        }
        let packets = register::handover(vault)?;
        Ok(outbox.put(&packets)?)
    }

    /// People who were registered here and are in no bundle yet are found as well.
    fn take_registrations(&self, open: &mut Open) -> Result<(), EngineError> {
        let area = &mut open.area;
        register::records(&open.vault, &mut |id, record| {
            let who = record.mpi.map_or(Who::Registration(id), Who::Mpi);
            if let Some(person) = record.person.filter(|_| record.kind == "registered")
                && !area.knows(&who)
            {
                area.put(who, &person);
            }
        })?;
        Ok(())
    }

    /// Takes what came while the phone was locked: receipts and messages, people and numbers of a new bundle.
    pub(super) fn refresh(&self, open: &mut Open) -> Result<(), EngineError> {
        let device = open.identity.device;
        {
            let mut outbox = self.shared.outbox()?;
            let key = (device, &open.vault_key);
            register::absorb(&mut open.vault, &mut open.area, &mut outbox, key)?;
        }
        let folder = self.shared.folder()?;
        let opened = match Opened::open(&folder, &open.identity.root) {
            Err(OpenError::Folder(FolderError::Empty)) => return Ok(()),
            opened => opened?,
        };
        let people = opened
            .manifest
            .parts_of(Kind::People)
            .next()
            .map(|(_, part)| part.hash);
        let new = people.filter(|hash| {
            let held = open.vault.get(Table::Settings, PEOPLE_PART).ok().flatten();
            held.as_deref() != Some(&hash[..])
        });
        if let Some(hash) = new
            && let Some(part) = opened.people(&folder, open.vault_key.secret())?
        {
            let mut changes = people_changes(part).map_err(StoreError::from)?;
            changes.push(Change::put(Table::Settings, PEOPLE_PART, hash));
            open.vault.commit(changes)?;
            open.area = Area::load(&open.vault)?;
            self.take_registrations(open)?;
        }
        open.numbers = opened.numbers(&folder, open.vault_key.secret())?.map(Arc::new);
        open.holders = open.numbers.as_ref().map_or_else(HashMap::new, |numbers| {
            let named = open.area.mpi_ids();
            named
                .map(|mpi| (numbers.hash_of(&Handle::Mpi(mpi)), mpi))
                .collect()
        });
        Ok(())
    }

    /// Closes the vault.
    pub fn lock(&self) -> Result<(), EngineError> {
        *self.state()? = None;
        Ok(())
    }

    /// Does something with the open phone, if the user's role allows it. A phone that nobody touched for too long is
    /// locked instead.
    pub(super) fn with<T>(
        &self,
        right: Right,
        work: impl FnOnce(&mut Open) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let now = self.now();
        let mut state = self.state()?;
        let open = state.as_mut().ok_or(EngineError::Locked)?;
        if open.idle.is_over(now) {
            *state = None;
            return Err(EngineError::Locked);
        }
        open.idle.touch(now);
        if !may(&open.role, right) {
            return Err(EngineError::NotAllowed);
        }
        work(open)
    }

    /// Puts packets into the outbox. They are safe in the vault already: an outbox that cannot be written now is filled
    /// when the phone is next unlocked.
    pub(super) fn hand_over_packet(&self, packet: &Packet) {
        if let Ok(mut outbox) = self.shared.outbox() {
            let _ = outbox.put(std::slice::from_ref(packet));
        }
    }

    /// The platform's key store.
    pub fn keystore(&self) -> &Keystore {
        &self.shared.keystore
    }
}

pub(super) fn sealer(identity: &Identity) -> Result<Sealer, EngineError> {
    let (kid, sync) = identity.sync_key().ok_or(EngineError::NoSyncKey)?;
    Ok(Sealer::new(identity.device, kid, &sync, &mut OsRandom)?)
}
