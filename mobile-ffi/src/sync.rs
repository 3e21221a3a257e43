//! Syncing: how it goes, what it did, and how the phone is.

use std::sync::Arc;

use teranga_core::engine;
use teranga_core::registry::bundle::manifest::Kind;
use teranga_core::sync::{Cancel, Observer, Step, Summary};
use teranga_core::wire::enroll;

/// Where a sync is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum SyncStep {
    /// Opening a session.
    Connecting,
    /// Sending what was done here.
    Sending {
        /// Pieces of work that got a receipt in this sync.
        done: u64,
        /// Pieces that waited when it began.
        of: u64,
    },
    /// Asking what the server has to say.
    Listening,
    /// Fetching a part of the lists.
    Fetching {
        /// Which part.
        part: SyncPart,
        /// Bytes that are here.
        bytes: u64,
        /// Bytes that it has.
        of: u64,
    },
}

/// A part of what a phone fetches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum SyncPart {
    /// The keys that count.
    Trust,
    /// Which cards are revoked.
    Status,
    /// What changed in that since.
    Delta,
    /// People of the area.
    People,
    /// Cards by number.
    Ids,
    /// Reserved ids and blank cards.
    Pool,
}

/// Watches a sync. Called from a thread of the engine; the first step comes at once.
#[uniffi::export(with_foreign)]
pub trait SyncObserver: Send + Sync {
    /// The sync is there now.
    fn step(&self, step: SyncStep);
}

/// Stops a sync. Letting go of it stops nothing; cancelling the coroutine or task that waits for the sync does.
#[derive(Debug, Default, uniffi::Object)]
pub struct SyncStop(pub(crate) Cancel);

#[uniffi::export]
impl SyncStop {
    /// For one sync.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Stops the sync at its next request. What was done stays done.
    pub fn stop(&self) {
        self.0.stop();
    }
}

/// What a sync did.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SyncSummary {
    /// Pieces of work that were done.
    pub accepted: u64,
    /// Registrations of people who were known.
    pub linked: u64,
    /// Registrations that a reviewer looks at.
    pub review: u64,
    /// Pieces that were refused; their records say why.
    pub refused: u64,
    /// Pieces that were kept aside, since the device is revoked.
    pub kept: u64,
    /// Pieces that the server wants again at another time.
    pub later: u64,
    /// The number of the lists that count now.
    pub bundle: u64,
    /// Bytes that were sent.
    pub sent_bytes: u64,
    /// Bytes that were fetched.
    pub fetched_bytes: u64,
    /// Seconds after which to sync again.
    pub next_after_seconds: u64,
}

/// What the phone says of itself.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AppInfo {
    /// Version of the app.
    pub version: String,
    /// `android` or `ios`.
    pub platform: String,
    /// Of the phone.
    pub model: String,
}

/// How the phone is, as the server is told.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PhoneHealth {
    /// The app's version.
    pub app_version: String,
    /// Free storage, MiB.
    pub free_mib: u32,
    /// Whether it has a screen lock.
    pub screen_lock: Option<bool>,
    /// Whether its storage is encrypted.
    pub encrypted: Option<bool>,
}

/// How the phone is. Nothing of a person.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PhoneStatus {
    /// The device's number; none before it was enrolled.
    pub device: Option<String>,
    /// The phone's name for people.
    pub name: String,
    /// The organization's name.
    pub organization: String,
    /// The user who has it open.
    pub user: Option<u64>,
    /// Locked from the server.
    pub locked_by_server: bool,
    /// Pieces of work without a receipt.
    pub waiting: u64,
    /// Their bytes.
    pub waiting_bytes: u64,
    /// The number of the lists; 0: none.
    pub bundle: u64,
    /// When the newest list was signed, milliseconds since 1970.
    pub list_as_of_ms: Option<i64>,
    /// When a sync last did everything, milliseconds since 1970.
    pub synced_ms: Option<i64>,
    /// Syncs that failed since.
    pub failures: u64,
    /// Reserved ids left, while the phone is open.
    pub pool: Option<u32>,
    /// People whom the phone knows, while it is open.
    pub people: Option<u64>,
    /// The phone's clock is behind the newest time that a server signed.
    pub clock_behind: bool,
}

/// The app's observer as the core calls it.
pub(crate) struct Watching(pub Arc<dyn SyncObserver>);

impl Observer for Watching {
    fn step(&self, step: &Step) {
        self.0.step(step.into());
    }
}

impl From<&Step> for SyncStep {
    fn from(step: &Step) -> Self {
        match *step {
            Step::Connecting => Self::Connecting,
            Step::Sending { done, of } => Self::Sending { done, of },
            Step::Listening => Self::Listening,
            Step::Fetching { part, bytes, of } => Self::Fetching {
                part: part.into(),
                bytes,
                of,
            },
        }
    }
}

impl From<Kind> for SyncPart {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Trust => Self::Trust,
            Kind::Status => Self::Status,
            Kind::Delta => Self::Delta,
            Kind::People => Self::People,
            Kind::Ids => Self::Ids,
            Kind::Pool => Self::Pool,
        }
    }
}

impl SyncSummary {
    pub(crate) fn new(summary: Summary, next: std::time::Duration) -> Self {
        Self {
            accepted: summary.accepted,
            linked: summary.linked,
            review: summary.review,
            refused: summary.refused,
            kept: summary.kept,
            later: summary.later,
            bundle: summary.bundle,
            sent_bytes: summary.sent_bytes,
            fetched_bytes: summary.fetched_bytes,
            next_after_seconds: next.as_secs(),
        }
    }
}

impl From<AppInfo> for enroll::AppInfo {
    fn from(app: AppInfo) -> Self {
        Self {
            version: app.version,
            platform: app.platform,
            model: app.model,
        }
    }
}

impl From<PhoneHealth> for teranga_core::sync::Phone {
    fn from(health: PhoneHealth) -> Self {
        Self {
            app: health.app_version,
            free_mib: health.free_mib,
            screen_lock: health.screen_lock,
            encrypted: health.encrypted,
            // The engine fills in what it knows itself.
            ..Self::default()
        }
    }
}

impl From<engine::Status> for PhoneStatus {
    fn from(status: engine::Status) -> Self {
        Self {
            device: status.device.map(|device| device.to_string()),
            name: status.name,
            organization: status.organisation,
            user: status.user,
            locked_by_server: status.locked_by_server,
            waiting: status.packets.waiting,
            waiting_bytes: status.packets.waiting_bytes,
            bundle: status.bundle,
            list_as_of_ms: status.list_as_of.map(|at| at.as_millisecond()),
            synced_ms: status.synced.map(|at| at.as_millisecond()),
            failures: status.failures,
            pool: status.pool,
            people: status.people,
            clock_behind: status.clock_behind,
        }
    }
}
