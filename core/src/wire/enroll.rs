//! How a phone becomes a device of an organization.
//!
//! The phone makes its keys, signs them together with the ticket, and gets the trust list and its setup. It takes nothing
//! from the answer before the trust list was found to be signed by the root that the ticket named. The same keys with the
//! same ticket get the same answer again, so that a lost answer costs nothing.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::binary::fixed;
use super::{Base64, DeviceId, Document, Signed, WireError};
use crate::card::cbor::Writer;
use crate::card::key::Context;
use crate::card::signing::{PublicKey, SigningKey};
use crate::person::Place;
use crate::sensitive::Secret;

/// The public halves of a device's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceKeys {
    /// Ed25519: signs packets and sessions.
    #[serde(with = "fixed")]
    pub signing: [u8; 32],
    /// X25519: opens commands and receipts, without a PIN.
    #[serde(with = "fixed")]
    pub transport: [u8; 32],
    /// X25519: opens part keys and everything personal; lies in the vault.
    #[serde(with = "fixed")]
    pub vault: [u8; 32],
}

/// What a phone says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppInfo {
    /// Of the app.
    pub version: String,
    /// `android`, `ios` or another.
    pub platform: String,
    /// Of the phone.
    pub model: String,
}

/// `POST /sync/v1/enroll`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrollRequest {
    /// Of this form.
    pub version: u32,
    /// The ticket's secret.
    pub ticket: Base64,
    /// The device's keys.
    pub keys: DeviceKeys,
    /// The phone.
    pub app: AppInfo,
    /// The device's signature over the ticket and the keys.
    #[serde(with = "fixed")]
    pub proof: [u8; 64],
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrollAnswer {
    /// Of this form.
    pub version: u32,
    /// The signed trust list.
    pub trust: Base64,
    /// What the device is from now on.
    pub enrolled: Signed<Enrolled>,
}

/// What a device is from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    /// Its name.
    pub device: DeviceId,
    /// The server's time, milliseconds since 1970.
    pub at: i64,
    /// Goes up when the server forgot something of this device; see [`super::session::Standing`].
    pub epoch: u64,
    /// Who may use it, for what, and where.
    pub setup: Setup,
}

impl Document for Enrolled {
    const CONTEXT: Context = Context::EnrollAnswer;
    const MOST: usize = 1 << 20;
}

/// Who may use a device, for what, and where. The server sends another when it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Counts up; a phone never goes back.
    pub number: u64,
    /// The organization's name.
    pub organisation: String,
    /// The device's name for people.
    pub name: String,
    /// Where it works; empty levels: everywhere below.
    pub area: Place,
    /// Who may use it.
    pub users: Vec<User>,
    /// What it works for.
    pub programs: Vec<Program>,
    /// Texts that are read before someone is registered.
    pub consents: Vec<ConsentText>,
    /// How the phone shall behave.
    pub policy: Policy,
}

/// Who may use a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The server's number.
    pub id: u64,
    /// As the phone shows it.
    pub name: String,
    /// `supervisor`, `enrollment-agent`, `health-worker` ...
    pub role: String,
}

/// What a device works for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// The server's number.
    pub id: u64,
    /// Short name.
    pub code: String,
    /// Name for the public.
    pub name: String,
    /// The prefixes of its campaigns.
    pub campaigns: Vec<String>,
    /// How the holder of a card is checked: `none`, `name` or `photo`.
    pub check: super::fact::HolderCheck,
}

/// A text that is read before someone is registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentText {
    /// Which text.
    pub text: String,
    /// Which version of it.
    pub version: u32,
    /// BCP 47.
    pub language: String,
    /// What is read.
    pub words: String,
}

/// How a phone shall behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Seconds without a touch until it locks.
    pub lock_after_seconds: u32,
    /// Wrong PINs until a user's slot is destroyed.
    pub wrong_pins: u32,
    /// Days that a packet is kept after its receipt, in case the server forgets it.
    pub keep_days: u32,
    /// Days without a sync after which personal data are removed from the phone; 0: never.
    pub forget_after_days: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            lock_after_seconds: 300,
            wrong_pins: 10,
            keep_days: 60,
            forget_after_days: 0,
        }
    }
}

impl EnrollRequest {
    /// Asks to be enrolled.
    pub fn sign(
        ticket: &Secret<16>,
        keys: DeviceKeys,
        app: AppInfo,
        signing: &SigningKey,
    ) -> Result<Self, WireError> {
        if signing.public().0 != keys.signing {
            return Err(WireError::BadKey);
        }
        let proof = signing.sign(Context::EnrollRequest, &message(ticket.reveal(), &keys));
        Ok(Self {
            version: super::VERSION,
            ticket: Base64(ticket.reveal().to_vec()),
            keys,
            app,
            proof: proof.map_err(|_| WireError::BadKey)?,
        })
    }

    /// Checks that whoever asks holds the signing key.
    pub fn verify(&self) -> Result<DeviceId, WireError> {
        let key = PublicKey(self.keys.signing);
        key.verify(
            Context::EnrollRequest,
            &message(&self.ticket.0, &self.keys),
            &self.proof,
        )
        .map_err(|_| WireError::BadSignature)?;
        Ok(DeviceId::of(&key))
    }
}

fn message(ticket: &[u8], keys: &DeviceKeys) -> Vec<u8> {
    Writer::new()
        .array(5)
        .unsigned(super::VERSION.into())
        .bytes(&Sha256::digest(ticket))
        .bytes(&keys.signing)
        .bytes(&keys.transport)
        .bytes(&keys.vault)
        .finish()
}
