//! Who may open the phone.

use super::{Engine, EngineError, Right};
use crate::session::{Pin, SlotSummary};
use crate::wire::enroll::{Setup, User};

impl Engine {
    /// Everyone who has a PIN here, for the screen before unlocking.
    pub fn users(&self) -> Result<Vec<SlotSummary>, EngineError> {
        Ok(self.slots()?.users()?)
    }

    /// Everyone who may use the device, with or without a PIN. Needs no PIN.
    pub fn may_use(&self) -> Result<Vec<User>, EngineError> {
        Ok(self.identity()?.setup.users)
    }

    /// Who may use the device, for what, and how it behaves. Needs no PIN.
    pub fn setup(&self) -> Result<Setup, EngineError> {
        Ok(self.identity()?.setup)
    }

    /// Lets a user choose a PIN, or another one. Whoever has the phone open changes their own; a supervisor lets others in.
    pub fn give_pin(&self, user: u64, pin: &Pin) -> Result<(), EngineError> {
        let own = self.with(Right::Scan, |open| Ok(open.user == user))?;
        let right = if own { Right::Scan } else { Right::ManageUsers };
        self.with(right, |open| {
            let known = open.setup().users.iter().find(|known| known.id == user);
            let name = known.map(|user| user.name.clone()).ok_or(EngineError::NotAUser)?;
            let mut slots = self.slots()?;
            Ok(slots.give((user, &name), pin, &open.data_key, self.settings.cost)?)
        })
    }

    /// Takes a user's PIN away.
    pub fn take_pin(&self, user: u64) -> Result<(), EngineError> {
        self.with(Right::ManageUsers, |_| Ok(self.slots()?.take(user)?))
    }
}
