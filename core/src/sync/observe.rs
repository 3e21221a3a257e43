//! Whoever watches a sync, stops it, or obeys what it brings.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error::SyncError;
use crate::registry::bundle::manifest::Kind;
use crate::wire::enroll::Setup;

/// Where a sync is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Opening a session.
    Connecting,
    /// Sending packets.
    Sending {
        /// Packets that got a receipt in this sync.
        done: u64,
        /// Packets that waited when it began.
        of: u64,
    },
    /// Asking what the server has to say.
    Listening,
    /// Fetching a part of the bundle.
    Fetching {
        /// Which part.
        part: Kind,
        /// Bytes that are here.
        bytes: u64,
        /// Bytes that it has.
        of: u64,
    },
}

/// What a sync did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Facts that were done.
    pub accepted: u64,
    /// Registrations of people who were known.
    pub linked: u64,
    /// Registrations that a reviewer looks at.
    pub review: u64,
    /// Facts that were refused; their records say why.
    pub refused: u64,
    /// Facts that were kept aside.
    pub kept: u64,
    /// Facts that the server wants again at another time.
    pub later: u64,
    /// Packets that the server had forgotten and got again.
    pub again: u64,
    /// Messages of the server.
    pub messages: u64,
    /// The number of the bundle that counts now.
    pub bundle: u64,
    /// Bytes of packets that were sent, as requests carried them.
    pub sent_bytes: u64,
    /// Bytes of the bundle that were fetched.
    pub fetched_bytes: u64,
    /// Seconds until the server wants to see the phone again.
    pub come_back_seconds: u32,
}

/// Watches a sync. The first step comes at once.
pub trait Observer: Send + Sync {
    /// The sync is there now.
    fn step(&self, step: &Step);
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Observer for Nobody {
    fn step(&self, _: &Step) {}
}

/// Stops a sync at its next request.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Stops it.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn check(&self) -> Result<(), SyncError> {
        if self.0.load(Ordering::Relaxed) {
            Err(SyncError::Stopped)
        } else {
            Ok(())
        }
    }
}

/// What a phone obeys even while it is locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Lock until unlocked.
    Lock,
    /// Take a lock back.
    Unlock,
    /// Destroy everything.
    Wipe,
    /// A user may choose a new PIN.
    EnableUser(u64),
    /// Who may use the phone, for what, and where.
    Setup(Box<Setup>),
}

/// Obeys. A command may come twice, and is done when this returns.
pub trait Obey: Send + Sync {
    /// Carries a command out.
    fn obey(&self, command: Command) -> Result<(), SyncError>;
}
