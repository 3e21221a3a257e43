//! Forms of the supervisors' routes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::input::{Faults, Validate};

/// A ticket to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TicketRequest {
    /// What the device is called.
    #[schema(example = "Phone 7", min_length = 1, max_length = 200)]
    pub(super) name: String,
    /// Where it works: a country, a region or a district, such as SN, SN/DKR or SN/DKR/Pikine.
    #[schema(example = "SN/DKR", max_length = 100)]
    pub(super) area: String,
    /// The server's address, as the device reaches it.
    #[schema(example = "https://teranga.example.org", max_length = 200)]
    pub(super) server: String,
}

impl Validate for TicketRequest {
    fn check(&self, faults: &mut Faults) {
        faults.demand_text(&self.name, 200, "/name");
        let fine = self.area.parse::<crate::access::Area>().is_ok();
        faults.demand(
            fine,
            "/area",
            "a country, a region or a district, or nothing for everywhere",
        );
        faults.demand(
            is_address(&self.server),
            "/server",
            "https:// and a host, at most 200 characters",
        );
    }
}

/// Whether phones can be sent to an address: encrypted, or on this machine.
pub(super) fn is_address(server: &str) -> bool {
    let here = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let is_safe = server.starts_with("https://") && server.len() > "https://".len();
    let is_here = here.iter().any(|here| {
        let rest = server.strip_prefix(here);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    });
    server.len() <= 200
        && !server.chars().any(|c| c.is_whitespace() || c.is_control())
        && (is_safe || is_here)
}

/// A ticket. Whoever sees it can enroll a phone in its place: show it, and do not send it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TicketView {
    /// The device's number.
    #[schema(example = 7)]
    pub(super) device: i64,
    /// The text of its QR code.
    pub(super) text: String,
    /// The QR code as a PNG picture, base64.
    pub(super) png: String,
    /// Until when it counts, in milliseconds since 1970.
    pub(super) expires: i64,
}

/// A device, for whoever looks after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct DeviceView {
    /// Its number.
    #[schema(example = 7)]
    pub(super) id: i64,
    /// What it is called.
    pub(super) name: String,
    /// Where it works.
    pub(super) area: String,
    /// invited, enrolled or revoked.
    pub(super) state: &'static str,
    /// When it last opened a session, in milliseconds since 1970.
    pub(super) last_sync: Option<i64>,
    /// Packets that it had not sent then.
    pub(super) waiting: Option<u64>,
    /// The number of its bundle.
    pub(super) bundle: Option<u64>,
    /// The version of its app.
    pub(super) app: Option<String>,
    /// Free storage, MiB.
    pub(super) free_mib: Option<u32>,
    /// How far its clock is ahead of the server's, in seconds.
    pub(super) clock_ahead_seconds: Option<i64>,
    /// Whether it has a screen lock, where that is known.
    pub(super) screen_lock: Option<bool>,
    /// Whether its storage is encrypted, where that is known.
    pub(super) encrypted: Option<bool>,
    /// Packets that the server holds.
    pub(super) packets: i64,
    /// Of those, the ones that were kept aside.
    pub(super) kept: i64,
}

/// One sync of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct SyncView {
    /// When, in milliseconds since 1970.
    pub(super) at: i64,
    /// How far the device's clock was ahead of the server's, in seconds.
    pub(super) clock_ahead_seconds: i64,
    /// The version of its app.
    pub(super) app: String,
    /// The number of its bundle.
    pub(super) bundle: u64,
    /// Free storage, MiB.
    pub(super) free_mib: u32,
    /// Packets that were accepted.
    pub(super) accepted: i64,
    /// People who were known.
    pub(super) linked: i64,
    /// People of whom a reviewer decides.
    pub(super) review: i64,
    /// Packets that were refused.
    pub(super) refused: i64,
    /// Packets that were kept aside.
    pub(super) kept: i64,
    /// Packets that had come before.
    pub(super) again: i64,
}

/// What a device is told to do.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Command {
    /// Lock until it is unlocked.
    Lock,
    /// Take a lock back.
    Unlock,
    /// Let a user whose slot was destroyed choose a new PIN.
    EnableUser {
        /// The user's number.
        user: u64,
    },
}

impl Validate for Command {}

/// How a device is revoked.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RevokeRequest {
    /// Destroy everything on it as well, when it next reaches the server.
    #[serde(default)]
    #[schema(example = true)]
    pub(super) wipe: bool,
}

impl Validate for RevokeRequest {}

/// Blank cards for a device.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BlanksRequest {
    /// The campaign's prefix.
    #[schema(example = "POLIO26", max_length = 40)]
    pub(super) campaign: String,
    /// How many.
    #[schema(minimum = 1, maximum = 5000)]
    pub(super) count: u32,
}

impl Validate for BlanksRequest {
    fn check(&self, faults: &mut Faults) {
        faults.demand_text(&self.campaign, 40, "/campaign");
        faults.demand((1..=5000).contains(&self.count), "/count", "1 to 5000");
    }
}

/// How many there were.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BlanksView {
    /// Cards that the device was given.
    pub(super) given: usize,
}

/// What became of packets that were kept aside.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReinstatedView {
    /// Packets that were taken in.
    pub(super) taken: usize,
    /// Packets that are still kept aside.
    pub(super) kept: usize,
}
