//! Becoming a device of an organization.
//!
//! The keys are made and sealed by the platform before anything is sent, so that a lost answer is asked for again with the
//! same keys and costs nothing. They count once [`settle`] has written who the device is; the vault's key is then in the
//! vault and nowhere else.

use zeroize::Zeroizing;

use super::client::Client;
use super::error::SyncError;
use super::identity::note;
use super::observe::Cancel;
use super::transport::Transport;
use crate::card::key::Purpose;
use crate::card::signing::{PublicKey, SigningKey};
use crate::card::trust::TrustList;
use crate::ids::OsRandom;
use crate::outbox::Outbox;
use crate::sensitive::Secret;
use crate::store::{KeystoreError, PlatformKeystore};
use crate::wire::enroll::{AppInfo, DeviceKeys, EnrollAnswer, EnrollRequest, Enrolled};
use crate::wire::ticket::Ticket;
use crate::wire::{DeviceId, path};

/// What the server made of the device, checked and not yet settled.
pub struct Enrollment {
    /// The server's address.
    pub server: String,
    /// The root key that the ticket named.
    pub root: PublicKey,
    /// The signed trust list.
    pub trust: Vec<u8>,
    /// What the device is.
    pub enrolled: Enrolled,
    /// The device's keys.
    pub keys: Keys,
}

/// The private keys of a device.
pub struct Keys {
    signing: Secret<32>,
    transport: Secret<32>,
    vault: Secret<32>,
}

impl std::fmt::Debug for Enrollment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Enrollment({})", self.enrolled.device)
    }
}

impl Enrollment {
    /// The key that goes into the vault.
    pub fn vault_key(&self) -> &Secret<32> {
        &self.keys.vault
    }
}

/// Asks to be enrolled with a ticket.
pub async fn enroll(
    transport: &impl Transport,
    (outbox, keystore): (&std::sync::Mutex<Outbox>, &(impl PlatformKeystore + ?Sized)),
    ticket: &str,
    app: AppInfo,
) -> Result<Enrollment, SyncError> {
    let ticket = Ticket::parse(ticket).map_err(|_| SyncError::Ticket)?;
    let keys = pending(outbox, keystore)?;
    let signing = SigningKey::from_seed(Purpose::Device, &keys.signing);
    let public = |key: &Secret<32>| crate::registry::bundle::keys::public_half(key);
    let public = DeviceKeys {
        signing: signing.public().0,
        transport: public(&keys.transport),
        vault: public(&keys.vault),
    };
    let request = EnrollRequest::sign(&ticket.secret, public, app, &signing)?;
    let client = Client {
        transport,
        server: &ticket.server,
        cancel: &Cancel::default(),
        token: None,
    };
    let (answer, _): (EnrollAnswer, _) = client.post(path::ENROLL, &request).await?;
    let root = TrustList::claimed_root(&answer.trust.0)?;
    if !ticket.is_root(&root) {
        return Err(SyncError::NotSigned);
    }
    let trust = TrustList::open(&answer.trust.0, &root)?;
    let enrolled = answer.enrolled.open(&trust).map_err(|_| SyncError::NotSigned)?;
    if enrolled.device != DeviceId::of(&signing.public()) {
        return Err(SyncError::NotSigned);
    }
    Ok(Enrollment {
        server: ticket.server,
        root,
        trust: answer.trust.0,
        enrolled,
        keys,
    })
}

/// Writes down who the device is, in one commit. The vault must hold its key by now.
pub fn settle(
    outbox: &mut Outbox,
    keystore: &(impl PlatformKeystore + ?Sized),
    enrollment: &Enrollment,
) -> Result<(), SyncError> {
    let setup = serde_json::to_vec(&enrollment.enrolled.setup).map_err(|_| SyncError::NotTheServer)?;
    let notes = [
        (note::SERVER, enrollment.server.clone().into_bytes()),
        (note::ROOT, enrollment.root.0.to_vec()),
        (note::TRUST, enrollment.trust.clone()),
        (note::SIGNING, keystore.seal(enrollment.keys.signing.reveal())?),
        (
            note::TRANSPORT,
            keystore.seal(enrollment.keys.transport.reveal())?,
        ),
        (note::SETUP, keystore.seal(&setup)?),
        (note::EPOCH, enrollment.enrolled.epoch.to_be_bytes().to_vec()),
        // The vault's key is not kept outside of the vault.
        (note::PENDING, Vec::new()),
    ];
    let vouched = super::identity::vouched(outbox, enrollment.enrolled.at)?;
    let notes: Vec<_> = notes.into_iter().chain(vouched).collect();
    Ok(outbox.receive(&[], &[], &notes)?)
}

/// The keys of an enrollment that was begun, or new ones.
fn pending(
    outbox: &std::sync::Mutex<Outbox>,
    keystore: &(impl PlatformKeystore + ?Sized),
) -> Result<Keys, SyncError> {
    let mut outbox = outbox.lock().map_err(|_| SyncError::Running)?;
    if let Some(sealed) = outbox.note(note::PENDING)?.filter(|sealed| !sealed.is_empty()) {
        let bytes = keystore.unseal(&sealed)?;
        let (parts, rest) = bytes.as_chunks::<32>();
        let [signing, transport, vault] = parts else {
            return Err(KeystoreError::CannotOpen.into());
        };
        if !rest.is_empty() {
            return Err(KeystoreError::CannotOpen.into());
        }
        let secret = |bytes: &[u8; 32]| Secret::from_slice(bytes).ok_or(KeystoreError::CannotOpen);
        return Ok(Keys {
            signing: secret(signing)?,
            transport: secret(transport)?,
            vault: secret(vault)?,
        });
    }
    let keys = Keys {
        signing: Secret::generate(&mut OsRandom)?,
        transport: Secret::generate(&mut OsRandom)?,
        vault: Secret::generate(&mut OsRandom)?,
    };
    let all = [
        keys.signing.reveal(),
        keys.transport.reveal(),
        keys.vault.reveal(),
    ];
    let all = Zeroizing::new(all.map(|key| *key).concat());
    outbox.set_note(note::PENDING, &keystore.seal(&all)?)?;
    Ok(keys)
}
