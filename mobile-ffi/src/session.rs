//! Who uses the phone.

use teranga_core::session::{SlotState, SlotSummary};
use teranga_core::wire::enroll;

/// Someone who may use the phone.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PhoneUser {
    /// The server's number.
    pub id: u64,
    /// As the phone shows it.
    pub name: String,
    /// What they may do; none for a role that this version does not know.
    pub role: Option<Role>,
}

/// What a user of a phone does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Role {
    /// Leads agents: may do everything on a phone, and let others in.
    Supervisor,
    /// Registers people and looks at cards.
    EnrollmentAgent,
    /// Looks at cards.
    HealthWorker,
}

/// Someone who has a PIN here.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PinUser {
    /// The server's number.
    pub id: u64,
    /// As the phone shows it.
    pub name: String,
    /// Tries left before the PIN is destroyed; 0: it was, and a supervisor must let the user in again.
    pub tries_left: u32,
}

impl From<enroll::User> for PhoneUser {
    fn from(user: enroll::User) -> Self {
        Self {
            id: user.id,
            role: Role::of(&user.role),
            name: user.name,
        }
    }
}

impl Role {
    fn of(role: &str) -> Option<Self> {
        match role {
            "supervisor" | "program-admin" => Some(Self::Supervisor),
            "enrollment-agent" => Some(Self::EnrollmentAgent),
            "health-worker" => Some(Self::HealthWorker),
            _ => None,
        }
    }
}

impl From<SlotSummary> for PinUser {
    fn from(slot: SlotSummary) -> Self {
        Self {
            id: slot.user,
            name: slot.label,
            tries_left: match slot.state {
                SlotState::Open { tries_left } => tries_left,
                SlotState::Destroyed => 0,
            },
        }
    }
}
