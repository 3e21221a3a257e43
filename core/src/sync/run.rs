//! One sync from beginning to end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use jiff::Timestamp;

use super::client::Client;
use super::error::SyncError;
use super::identity::{Identity, note, number, vouched};
use super::observe::{Cancel, Obey, Observer, Step, Summary};
use super::transport::Transport;
use crate::card::trust::TrustList;
use crate::outbox::Outbox;
use crate::registry::bundle::files::Disk;
use crate::registry::bundle::folder::Folder;
use crate::store::{PlatformKeystore, StoreError};
use crate::wire::session::{ChallengeAnswer, Report, SessionAnswer, SessionRequest, Standing};
use crate::wire::{Document, Signed, code, path};

/// What a sync shares with the rest of the phone. Locks are held for single steps, never while the network is waited for.
pub struct Shared<K> {
    /// The outbox.
    pub outbox: Mutex<Outbox>,
    /// The bundle's folder.
    pub folder: Mutex<Folder<Disk>>,
    /// The platform's key store.
    pub keystore: K,
    running: AtomicBool,
}

impl<K> Shared<K> {
    /// The shared part of a phone.
    pub fn new(outbox: Outbox, folder: Folder<Disk>, keystore: K) -> Self {
        Self {
            outbox: Mutex::new(outbox),
            folder: Mutex::new(folder),
            keystore,
            running: AtomicBool::new(false),
        }
    }

    /// The outbox, for one step.
    pub fn outbox(&self) -> Result<MutexGuard<'_, Outbox>, StoreError> {
        self.outbox.lock().map_err(|_| StoreError::Busy)
    }

    /// The bundle's folder, for one step.
    pub fn folder(&self) -> Result<MutexGuard<'_, Folder<Disk>>, StoreError> {
        self.folder.lock().map_err(|_| StoreError::Busy)
    }
}

/// How the phone is, as the server is told.
#[derive(Debug, Clone, Default)]
pub struct Phone {
    /// What its clock says.
    pub now: Timestamp,
    /// The app's version.
    pub app: String,
    /// Reserved ids left, where the vault is open.
    pub pool: u32,
    /// Free storage, MiB.
    pub free_mib: u32,
    /// Whether it has a screen lock.
    pub screen_lock: Option<bool>,
    /// Whether its storage is encrypted.
    pub encrypted: Option<bool>,
}

/// Everything that a sync needs.
pub struct Line<'a, T, K> {
    /// The network.
    pub transport: &'a T,
    /// The phone's files.
    pub shared: &'a Shared<K>,
    /// Obeys commands.
    pub obey: &'a dyn Obey,
    /// Watches.
    pub observer: &'a dyn Observer,
    /// Stops.
    pub cancel: &'a Cancel,
    /// How the phone is.
    pub phone: &'a Phone,
}

/// Lets the next sync begin when this one has ended, however it did.
struct Turn<'a>(&'a AtomicBool);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// A sync inside its session.
pub(crate) struct Run<'a, T, K> {
    pub client: Client<'a, T>,
    pub identity: &'a Identity,
    pub shared: &'a Shared<K>,
    pub obey: &'a dyn Obey,
    pub observer: &'a dyn Observer,
}

impl<T, K: PlatformKeystore> Run<'_, T, K> {
    pub fn outbox(&self) -> Result<MutexGuard<'_, Outbox>, StoreError> {
        self.shared.outbox()
    }

    pub fn folder(&self) -> Result<MutexGuard<'_, Folder<Disk>>, StoreError> {
        self.shared.folder()
    }

    /// What a document says that the server signed.
    pub fn open_signed<D: Document>(&self, signed: &Signed<D>) -> Result<D, SyncError> {
        signed.open(&self.trust()?).map_err(|_| SyncError::NotSigned)
    }

    /// The newest trust list.
    pub fn trust(&self) -> Result<TrustList, SyncError> {
        let signed = self.outbox()?.note(note::TRUST)?.ok_or(StoreError::Damaged)?;
        Ok(TrustList::open(&signed, &self.identity.root)?)
    }
}

impl<T: Transport, K: PlatformKeystore> Line<'_, T, K> {
    /// Syncs once. A second one at the same time is [`SyncError::Running`].
    pub async fn run(&self) -> Result<Summary, SyncError> {
        if self.shared.running.swap(true, Ordering::Acquire) {
            return Err(SyncError::Running);
        }
        let _turn = Turn(&self.shared.running);
        let identity = self.identity()?;
        let outcome = self.all(&identity).await;
        self.note_outcome(&outcome)?;
        outcome
    }

    pub(crate) fn identity(&self) -> Result<Identity, SyncError> {
        let identity = Identity::load(&*self.shared.outbox()?, &self.shared.keystore)?;
        identity.ok_or(SyncError::NotEnrolled)
    }

    pub(crate) fn begin<'a>(&'a self, identity: &'a Identity) -> Run<'a, T, K> {
        Run {
            client: Client {
                transport: self.transport,
                server: &identity.server,
                cancel: self.cancel,
                token: None,
            },
            identity,
            shared: self.shared,
            obey: self.obey,
            observer: self.observer,
        }
    }

    async fn all(&self, identity: &Identity) -> Result<Summary, SyncError> {
        self.observer.step(&Step::Connecting);
        let mut run = self.begin(identity);
        let mut summary = Summary::default();
        self.open(&mut run, &mut summary).await?;
        run.push(&mut summary).await?;
        run.listen(&mut summary).await?;
        match run.fetch(&mut summary).await {
            // A revoked device gets commands and no bundle: that is all there is to do.
            Err(SyncError::Refused { code: refused, .. }) if refused == code::REVOKED => Ok(summary),
            Err(error) => Err(error),
            Ok(()) => Ok(summary),
        }
    }

    /// Opens a session: the device signs the server's challenge.
    pub(crate) async fn open(&self, run: &mut Run<'_, T, K>, summary: &mut Summary) -> Result<(), SyncError> {
        let identity = run.identity;
        let ask = SessionRequest::ask(identity.device);
        let (challenge, _): (ChallengeAnswer, _) = run.client.post(path::SESSION, &ask).await?;
        let report = self.report(identity)?;
        let prove = SessionRequest::prove(&challenge.challenge, &report, &identity.signing)?;
        let (answer, _): (SessionAnswer, _) = run.client.post(path::SESSION, &prove).await?;
        let standing = run.open_signed(&answer.standing)?;
        if standing.device != identity.device {
            return Err(SyncError::NotSigned);
        }
        summary.come_back_seconds = standing.come_back_seconds;
        summary.again = self.stand(&standing, report.epoch)?;
        run.client.token = Some(answer.token);
        Ok(())
    }

    /// Takes what the server holds of this device: what it forgot is sent again, and after another epoch everything that
    /// it says is asked for anew.
    fn stand(&self, standing: &Standing, epoch: u64) -> Result<u64, SyncError> {
        let mut outbox = self.shared.outbox()?;
        let again = outbox.send_again(&standing.held)?;
        let mut notes = vec![(note::EPOCH, standing.epoch.to_be_bytes().to_vec())];
        if standing.epoch != epoch {
            notes.push((note::CURSOR, 0u64.to_be_bytes().to_vec()));
        }
        notes.extend(vouched(&outbox, standing.at)?);
        outbox.receive(&[], &[], &notes)?;
        Ok(again)
    }

    fn report(&self, identity: &Identity) -> Result<Report, SyncError> {
        let outbox = self.shared.outbox()?;
        let progress = outbox.progress()?;
        Ok(Report {
            clock: self.phone.now.as_millisecond(),
            app: self.phone.app.clone(),
            bundle: number(&outbox, note::BUNDLE)?,
            setup: identity.setup.number,
            waiting: progress.waiting,
            sequence: progress.sequence,
            receipted: progress.answered,
            epoch: number(&outbox, note::EPOCH)?,
            pool: self.phone.pool,
            free_mib: self.phone.free_mib,
            screen_lock: self.phone.screen_lock,
            encrypted: self.phone.encrypted,
        })
    }

    fn note_outcome(&self, outcome: &Result<Summary, SyncError>) -> Result<(), SyncError> {
        let mut outbox = self.shared.outbox()?;
        let notes = if outcome.is_ok() {
            let now = self.phone.now.as_millisecond().unsigned_abs();
            vec![
                (note::SYNCED, now.to_be_bytes().to_vec()),
                (note::FAILURES, 0u64.to_be_bytes().to_vec()),
            ]
        } else {
            let failures = number(&outbox, note::FAILURES)?.saturating_add(1);
            vec![(note::FAILURES, failures.to_be_bytes().to_vec())]
        };
        // A wiped phone has no file to note anything in.
        let noted = outbox.receive(&[], &[], &notes);
        if outcome.is_ok() { Ok(noted?) } else { Ok(()) }
    }
}
