//! Syncing with or without a PIN, and obeying what comes.

use std::time::Duration;

use super::open::sealer;
use super::{Engine, EngineError, Right};
use crate::card::token::TokenHash;
use crate::ids::{self, OsRandom};
use crate::register;
use crate::registry::bundle::manifest::Kind;
use crate::sync::{
    Cancel, Command, Line, NoNetwork, Nobody, Obey, Observer, Phone, Step, Summary, SyncError, Transport,
    after_failures, after_success, note,
};

/// Watches for the engine and for whoever asked.
struct Watching<'a> {
    engine: &'a Engine,
    observer: &'a dyn Observer,
}

impl Observer for Watching<'_> {
    fn step(&self, step: &Step) {
        // The lists are whole when the first part after them begins.
        if matches!(step, Step::Fetching { part, bytes: 0, .. } if *part >= Kind::Status) {
            self.engine.lists_changed();
        }
        self.observer.step(step);
    }
}

impl Engine {
    /// Syncs once. The observer sees the first step at once; `cancel` stops it at its next request.
    pub async fn sync(
        &self,
        transport: &impl Transport,
        observer: &dyn Observer,
        cancel: &Cancel,
        mut phone: Phone,
    ) -> Result<Summary, EngineError> {
        phone.now = self.now();
        phone.pool = self.pool_left()?.unwrap_or(phone.pool);
        let line = Line {
            transport,
            shared: &self.shared,
            obey: self,
            observer: &Watching {
                engine: self,
                observer,
            },
            cancel,
            phone: &phone,
        };
        let outcome = line.run().await;
        self.lists_changed();
        self.after_sync()?;
        Ok(outcome?)
    }

    /// Packs what waits for another phone to carry; at most so many bytes of packets unless the first alone has more.
    pub fn pack(&self, most_bytes: usize) -> Result<Vec<u8>, EngineError> {
        Ok(
            self.line(&NoNetwork, &Cancel::default(), &self.as_it_is(), |line| {
                line.pack(most_bytes)
            })?,
        )
    }

    /// Delivers what another phone packed; gives what goes back to it. A supervisor's work.
    pub async fn deliver(&self, transport: &impl Transport, parcel: &[u8]) -> Result<Vec<u8>, EngineError> {
        self.with(Right::ManageUsers, |_| Ok(()))?;
        let phone = self.as_it_is();
        let line = Line {
            transport,
            shared: &self.shared,
            obey: self,
            observer: &Nobody,
            cancel: &Cancel::default(),
            phone: &phone,
        };
        Ok(line.deliver(parcel).await?)
    }

    /// Takes what came back from the server by way of another phone.
    pub fn take(&self, answers: &[u8]) -> Result<Summary, EngineError> {
        let taken = self.line(&NoNetwork, &Cancel::default(), &self.as_it_is(), |line| {
            line.take(answers)
        });
        self.after_sync()?;
        Ok(taken?)
    }

    fn line<T: Transport, R>(
        &self,
        transport: &T,
        cancel: &Cancel,
        phone: &Phone,
        work: impl FnOnce(&Line<'_, T, super::Keystore>) -> R,
    ) -> R {
        work(&Line {
            transport,
            shared: &self.shared,
            obey: self,
            observer: &Nobody,
            cancel,
            phone,
        })
    }

    fn as_it_is(&self) -> Phone {
        Phone {
            now: self.now(),
            ..Phone::default()
        }
    }

    /// In how many programs the holder of a card is, asked of the server after a valid scan.
    pub async fn programs(&self, transport: &impl Transport, card: &TokenHash) -> Result<u32, EngineError> {
        self.with(Right::Scan, |_| Ok(()))?;
        let phone = self.as_it_is();
        let line = Line {
            transport,
            shared: &self.shared,
            obey: self,
            observer: &Nobody,
            cancel: &Cancel::default(),
            phone: &phone,
        };
        Ok(line.programs(card).await?)
    }

    /// When to sync next: soon after a failure, later after each more; after a success when the server said.
    pub fn next_sync(&self, outcome: &Result<Summary, EngineError>) -> Result<Duration, EngineError> {
        let drawn = u32::from_be_bytes(ids::bytes(&mut OsRandom)?);
        Ok(match outcome {
            Ok(summary) => after_success(summary.come_back_seconds, drawn),
            Err(_) => {
                let failures = self.shared.outbox()?.note(note::FAILURES)?;
                let failures = failures.and_then(|bytes| Some(u64::from_be_bytes(bytes.try_into().ok()?)));
                let failures = u32::try_from(failures.unwrap_or(1)).unwrap_or(u32::MAX);
                after_failures(failures, drawn)
            }
        })
    }

    /// Reserved ids left; none while the phone is locked.
    pub fn pool_left(&self) -> Result<Option<u32>, EngineError> {
        let state = self.state()?;
        let left = state.as_ref().map(|open| register::codes_left(&open.vault));
        let left = left.transpose()?;
        Ok(left.map(|left| u32::try_from(left).unwrap_or(u32::MAX)))
    }

    /// An open phone takes at once what came.
    fn after_sync(&self) -> Result<(), EngineError> {
        let mut state = self.state()?;
        let Some(open) = state.as_mut() else {
            return Ok(());
        };
        let identity = match self.identity() {
            Err(EngineError::NotEnrolled) => {
                *state = None;
                return Ok(());
            }
            identity => identity?,
        };
        let user = identity.setup.users.iter().find(|known| known.id == open.user);
        let Some(user) = user else {
            // The server took this user off the device.
            *state = None;
            return Ok(());
        };
        open.role.clone_from(&user.role);
        if identity.sync_key().map(|(kid, _)| kid) != Some(open.sealer.kid()) {
            open.sealer = sealer(&identity)?;
        }
        open.identity = identity;
        self.refresh(open)
    }
}

impl Obey for Engine {
    fn obey(&self, command: Command) -> Result<(), SyncError> {
        match command {
            Command::Lock => {
                self.lock()?;
                self.slots()?.lock_by_server(true).map_err(EngineError::from)?;
            }
            Command::Unlock => {
                self.slots()?.lock_by_server(false).map_err(EngineError::from)?;
            }
            Command::Wipe => {
                self.wipe()?;
                return Err(SyncError::Wiped);
            }
            Command::EnableUser(user) => self.slots()?.enable(user).map_err(EngineError::from)?,
            Command::Setup(setup) => self.take_setup(&setup)?,
        }
        Ok(())
    }
}

impl Engine {
    /// Takes a newer setup; whoever is not in it any more loses their PIN here.
    fn take_setup(&self, setup: &crate::wire::enroll::Setup) -> Result<(), EngineError> {
        if setup.number <= self.identity()?.setup.number {
            return Ok(());
        }
        let json = crate::store::to_json(setup);
        let sealed = self.shared.keystore.seal(&json)?;
        self.shared.outbox()?.set_note(note::SETUP, &sealed)?;
        let mut slots = self.slots()?;
        for slot in slots.users()? {
            if !setup.users.iter().any(|user| user.id == slot.user) {
                slots.take(slot.user)?;
            }
        }
        Ok(())
    }
}
