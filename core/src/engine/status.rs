//! How the phone is, for a screen that anyone may see.

use jiff::Timestamp;

use super::{Engine, EngineError};
use crate::outbox::Progress;
use crate::registry::Statuses as _;
use crate::sync::note;
use crate::wire::DeviceId;

/// How the phone is. Nothing of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The device's name; none before it was enrolled.
    pub device: Option<DeviceId>,
    /// How people call it.
    pub name: String,
    /// The organization.
    pub organisation: String,
    /// The user who has it open.
    pub user: Option<u64>,
    /// Locked from the server.
    pub locked_by_server: bool,
    /// Packets and their receipts.
    pub packets: Progress,
    /// The number of the bundle; 0: none.
    pub bundle: u64,
    /// When the newest list or delta was signed.
    pub list_as_of: Option<Timestamp>,
    /// When a sync last did everything.
    pub synced: Option<Timestamp>,
    /// Syncs that failed since.
    pub failures: u64,
    /// Reserved ids left, while the phone is open.
    pub pool: Option<u32>,
    /// People whom the phone knows, while it is open.
    pub people: Option<u64>,
    /// The phone's clock is behind the newest time that a server signed.
    pub clock_behind: bool,
}

impl Engine {
    /// The sequences of the packets that wait, ascending. Needs no PIN.
    pub fn waiting(&self) -> Result<Vec<u64>, EngineError> {
        let packets = self.shared.outbox()?.waiting(0, usize::MAX >> 1, usize::MAX)?;
        Ok(packets.into_iter().map(|packet| packet.sequence).collect())
    }

    /// How the phone is. Needs no PIN.
    pub fn status(&self) -> Result<Status, EngineError> {
        let identity = match self.identity() {
            Err(EngineError::NotEnrolled) => None,
            identity => Some(identity?),
        };
        let lists = match &identity {
            Some(_) => self.lists().ok(),
            None => None,
        };
        let (user, people) = match &*self.state()? {
            Some(open) => (Some(open.user), Some(open.area.len() as u64)),
            None => (None, None),
        };
        let (packets, [bundle, synced, failures]) = {
            let outbox = self.shared.outbox()?;
            let number = |name| -> Result<u64, EngineError> {
                let bytes = outbox.note(name)?;
                let number = bytes.and_then(|bytes| Some(u64::from_be_bytes(bytes.try_into().ok()?)));
                Ok(number.unwrap_or(0))
            };
            let numbers = [
                number(note::BUNDLE)?,
                number(note::SYNCED)?,
                number(note::FAILURES)?,
            ];
            (outbox.progress()?, numbers)
        };
        let setup = identity.as_ref().map(|identity| &identity.setup);
        let synced = i64::try_from(synced).ok().filter(|at| *at > 0);
        Ok(Status {
            device: identity.as_ref().map(|identity| identity.device),
            name: setup.map(|setup| setup.name.clone()).unwrap_or_default(),
            organisation: setup.map(|setup| setup.organisation.clone()).unwrap_or_default(),
            user,
            locked_by_server: self.slots()?.is_locked_by_server()?,
            packets,
            bundle,
            list_as_of: lists.and_then(|lists| Some(lists.statuses.as_ref()?.freshness()?.as_of)),
            synced: synced.and_then(|at| Timestamp::from_millisecond(at).ok()),
            failures,
            pool: self.pool_left()?,
            people,
            clock_behind: self.trusted()?.is_some_and(|trusted| self.now() < trusted),
        })
    }
}
