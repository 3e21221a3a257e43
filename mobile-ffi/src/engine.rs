//! The phone as a whole: the one object that an app holds.
//!
//! What takes milliseconds is an ordinary function; what is slow on purpose (a PIN) or waits for the network is async and
//! runs on tokio. Everything may be called from any thread.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use teranga_core::clock;
use teranga_core::engine::{self, EngineError, Settings};
use teranga_core::register::{Replacement, Serving};
use teranga_core::session::Pin;
use teranga_core::sync::{Http, Network, SyncError, TransportError};

use crate::decode::LumaFrame;
use crate::error::{ErrorCode, TerangaError};
use crate::find::{Duplicate, FoundPerson, PersonAnswer, PersonQuestion, PersonRef};
use crate::person::Person;
use crate::register::{CardReason, Consent, Draft, HolderCheck, PhoneSetup, Registration, WorkRecord};
use crate::scan::{CardVerdict, FrameResult, Post, SeenCard, ServedBefore};
use crate::session::{PhoneUser, PinUser};
use crate::store::{Keystore, PlatformKeystore};
use crate::sync::{AppInfo, PhoneHealth, PhoneStatus, SyncObserver, SyncStop, SyncSummary, Watching};

/// What the phone's clock says.
#[uniffi::export(with_foreign)]
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970, UTC.
    fn now_ms(&self) -> i64;
}

/// Whether there is a network at all, as the platform says.
#[uniffi::export(with_foreign)]
pub trait NetworkState: Send + Sync {
    /// True when a connection may be tried.
    fn is_connected(&self) -> bool;
}

/// How the engine runs. Everything may be left out.
#[derive(Default, uniffi::Record)]
pub struct EngineOptions {
    /// The clock; left out, the system's.
    #[uniffi(default)]
    pub clock: Option<Arc<dyn Clock>>,
    /// Whether there is a network; left out, each request finds out by itself.
    #[uniffi(default)]
    pub network: Option<Arc<dyn NetworkState>>,
    /// SHA-256 of the certificates that the server may show; empty: any that leads to a trusted root.
    #[uniffi(default)]
    pub pins: Vec<Vec<u8>>,
    /// Root certificates besides those of the web, as PEM.
    #[uniffi(default)]
    pub roots: Option<String>,
    /// Address of a proxy.
    #[uniffi(default)]
    pub proxy: Option<String>,
}

/// A phone.
#[derive(uniffi::Object)]
pub struct Engine {
    inner: Arc<engine::Engine>,
    http: Http,
    network: Option<Arc<dyn NetworkState>>,
}

#[uniffi::export]
impl Engine {
    /// Opens a phone's folder in the app's private storage, or makes it. The phone is locked.
    #[uniffi::constructor]
    pub fn open(
        folder: String,
        keystore: Arc<dyn PlatformKeystore>,
        options: EngineOptions,
    ) -> Result<Arc<Self>, TerangaError> {
        let http = Http::new(&network(&options)?).map_err(SyncError::from)?;
        let mut settings = Settings::default();
        if let Some(app) = options.clock {
            settings.clock =
                Arc::new(move || Timestamp::from_millisecond(app.now_ms()).unwrap_or_else(|_| clock::now()));
        }
        let inner = engine::Engine::open(&PathBuf::from(folder), Arc::new(Keystore(keystore)), settings)?;
        Ok(Arc::new(Self {
            inner: Arc::new(inner),
            http,
            network: options.network,
        }))
    }

    /// How the phone is. Needs no PIN.
    pub fn status(&self) -> Result<PhoneStatus, TerangaError> {
        Ok(self.inner.status()?.into())
    }

    /// What the phone works for, and how. Needs no PIN.
    pub fn setup(&self) -> Result<PhoneSetup, TerangaError> {
        Ok(self.inner.setup()?.into())
    }

    /// Everyone who has a PIN here. Needs no PIN.
    pub fn users(&self) -> Result<Vec<PinUser>, TerangaError> {
        Ok(self.inner.users()?.into_iter().map(Into::into).collect())
    }

    /// Closes the vault.
    pub fn lock(&self) -> Result<(), TerangaError> {
        Ok(self.inner.lock()?)
    }

    /// Takes a user's PIN away. For supervisors.
    pub fn take_pin(&self, user: u64) -> Result<(), TerangaError> {
        Ok(self.inner.take_pin(user)?)
    }

    /// Looks for a card in a camera frame, where it lies in memory. Frames of one card follow each other.
    ///
    /// The app keeps the frame's memory as it is until this returns.
    pub fn scan_frame(&self, frame: LumaFrame, post: Post) -> Result<FrameResult, TerangaError> {
        let post = post.into();
        let look = |frame: &teranga_core::decode::Frame<'_>| Ok(self.inner.frame(frame, &post)?);
        // SAFETY: the app keeps the memory until the call returns, as this function asks of it.
        let (step, seen) = unsafe { frame.look(look) }?;
        Ok(FrameResult {
            verdict: seen.map(CardVerdict::from),
            advice: step.advice.map(Into::into),
        })
    }

    /// The verdict on the text of a code, such as a card's link that was opened.
    pub fn scan_text(&self, text: String, post: Post) -> Result<CardVerdict, TerangaError> {
        Ok(self.inner.scan(&text, &post.into())?.into())
    }

    /// The verdict on a typed card code or MPI id.
    pub fn scan_typed(&self, text: String, post: Post) -> Result<CardVerdict, TerangaError> {
        Ok(self.inner.typed(&text, &post.into())?.into())
    }

    /// People of the area who answer a question, at most `most`.
    pub fn find(&self, question: PersonQuestion, most: u32) -> Result<PersonAnswer, TerangaError> {
        Ok(self.inner.find(&question.into(), most as usize)?.into())
    }

    /// The person of an MPI id, a card code or the text of a card, if they are of this phone's area.
    pub fn find_by_number(&self, text: String) -> Result<Option<FoundPerson>, TerangaError> {
        Ok(self.inner.find_by_number(&text)?.map(Into::into))
    }

    /// Who could be the person of a form that is being filled, the likeliest first.
    pub fn duplicates(&self, person: Person) -> Result<Vec<Duplicate>, TerangaError> {
        let alike = self.inner.alike(&person.try_into()?)?;
        Ok(alike.into_iter().map(Into::into).collect())
    }

    /// Registers a person. When this returns, the registration is safe on the disk.
    pub fn register(&self, draft: Draft) -> Result<Registration, TerangaError> {
        Ok(self.inner.register(&draft.try_into()?)?.into())
    }

    /// Notes that someone declined to be registered. Nothing about them is kept.
    pub fn decline(&self, program: Option<u64>, consent: Consent) -> Result<(), TerangaError> {
        self.inner.decline(program, consent.into())?;
        Ok(())
    }

    /// Puts a person's data right.
    pub fn correct(&self, who: PersonRef, person: Person) -> Result<(), TerangaError> {
        self.inner.correct(&who.try_into()?, &person.try_into()?)?;
        Ok(())
    }

    /// Gives a blank card to a person.
    pub fn bind_card(
        &self,
        card: Arc<SeenCard>,
        who: PersonRef,
        campaign: Option<String>,
    ) -> Result<(), TerangaError> {
        self.inner.bind(&card.0, &who.try_into()?, campaign)?;
        Ok(())
    }

    /// Hands a printed card to its holder.
    pub fn hand_over_card(&self, card: Arc<SeenCard>, who: Option<PersonRef>) -> Result<(), TerangaError> {
        let who = who.map(TryInto::try_into).transpose()?;
        self.inner.hand_over(&card.0, who.as_ref())?;
        Ok(())
    }

    /// Replaces a person's card by a blank one: the old one is not accepted on this phone from now on. Without `lost`,
    /// every card that this phone knows of the person is replaced.
    pub fn replace_card(
        &self,
        lost: Option<Arc<SeenCard>>,
        blank: Arc<SeenCard>,
        reason: CardReason,
        who: PersonRef,
        campaign: Option<String>,
    ) -> Result<(), TerangaError> {
        let replacement = Replacement {
            lost: lost.and_then(|lost| lost.0.card),
            new: &blank.0,
            reason: reason.into(),
        };
        self.inner.replace(&replacement, &who.try_into()?, campaign)?;
        Ok(())
    }

    /// Revokes a card.
    pub fn revoke_card(&self, card: Arc<SeenCard>, reason: CardReason) -> Result<(), TerangaError> {
        let card = card.0.card.ok_or_else(|| {
            TerangaError::of(
                ErrorCode::NotACard,
                "this card cannot be named; type the code that is printed on it",
            )
        })?;
        self.inner.revoke(card, reason.into())?;
        Ok(())
    }

    /// Notes that the holder of a card was served; says when the card was served in this round before.
    pub fn serve(
        &self,
        card: Option<Arc<SeenCard>>,
        who: Option<PersonRef>,
        program: u64,
        round: String,
        check: HolderCheck,
    ) -> Result<Option<ServedBefore>, TerangaError> {
        let serving = Serving {
            card: card.and_then(|card| card.0.card),
            who: who.map(TryInto::try_into).transpose()?,
            program,
            round,
            check: check.into(),
        };
        Ok(self.inner.serve(&serving)?.map(Into::into))
    }

    /// What was done here and what the server said to it, the oldest first.
    pub fn records(&self) -> Result<Vec<WorkRecord>, TerangaError> {
        Ok(self.inner.records()?.into_iter().map(Into::into).collect())
    }
}

#[uniffi::export(async_runtime = "tokio")]
impl Engine {
    /// Asks the server of a ticket to take this phone in; gives the people who may use it. One of them then chooses a PIN
    /// ([`Engine::settle`]). A lost answer is asked for again with the same ticket.
    pub async fn enroll(&self, ticket: String, app: AppInfo) -> Result<Vec<PhoneUser>, TerangaError> {
        self.demand_network()?;
        let users = self.inner.enroll(&self.http, &ticket, app.into()).await?;
        Ok(users.into_iter().map(Into::into).collect())
    }

    /// Makes the vault and gives the first user a PIN. The phone is open afterwards.
    pub async fn settle(&self, user: u64, pin: String) -> Result<(), TerangaError> {
        self.slowly(move |engine| engine.settle(user, &Pin::chosen(pin)?))
            .await
    }

    /// Opens the vault with a user's PIN.
    pub async fn unlock(&self, user: u64, pin: String) -> Result<(), TerangaError> {
        self.slowly(move |engine| engine.unlock(user, &Pin::typed(pin)))
            .await
    }

    /// Lets a user choose a PIN, or another one: their own, or any user's for a supervisor.
    pub async fn give_pin(&self, user: u64, pin: String) -> Result<(), TerangaError> {
        self.slowly(move |engine| engine.give_pin(user, &Pin::chosen(pin)?))
            .await
    }

    /// Syncs once, with or without a PIN. One sync runs at a time.
    pub async fn sync(
        &self,
        observer: Arc<dyn SyncObserver>,
        stop: Arc<SyncStop>,
        health: PhoneHealth,
    ) -> Result<SyncSummary, TerangaError> {
        self.demand_network()?;
        let watching = Watching(observer);
        let outcome = self
            .inner
            .sync(&self.http, &watching, &stop.0, health.into())
            .await;
        let next = self.inner.next_sync(&outcome)?;
        Ok(SyncSummary::new(outcome?, next))
    }

    /// Destroys everything that is here.
    pub async fn wipe(&self) -> Result<(), TerangaError> {
        self.slowly(engine::Engine::wipe).await
    }
}

impl Engine {
    /// Does something slow on a thread that may block.
    async fn slowly(
        &self,
        work: impl FnOnce(&engine::Engine) -> Result<(), EngineError> + Send + 'static,
    ) -> Result<(), TerangaError> {
        let engine = Arc::clone(&self.inner);
        let done = tokio::task::spawn_blocking(move || work(&engine)).await;
        done.map_err(|_| TerangaError::from(EngineError::Failed))?
            .map_err(Into::into)
    }

    fn demand_network(&self) -> Result<(), TerangaError> {
        match &self.network {
            Some(network) if !network.is_connected() => Err(SyncError::from(TransportError::Offline).into()),
            _ => Ok(()),
        }
    }
}

fn network(options: &EngineOptions) -> Result<Network, TerangaError> {
    let pin = |pin: &Vec<u8>| <[u8; 32]>::try_from(pin.as_slice());
    let pins: Result<_, _> = options.pins.iter().map(pin).collect();
    Ok(Network {
        pins: pins.map_err(|_| TerangaError::malformed("a pin is a SHA-256 of 32 bytes"))?,
        roots: options.roots.clone(),
        proxy: options.proxy.clone(),
    })
}

#[cfg(test)]
mod tests {
    use teranga_core::store::{FileKeystore, PlatformKeystore as _};

    use super::*;
    use crate::store::KeystoreFault;

    struct Files(FileKeystore);

    impl PlatformKeystore for Files {
        fn seal(&self, secret: Vec<u8>) -> Result<Vec<u8>, KeystoreFault> {
            self.0.seal(&secret).map_err(|_| KeystoreFault::CannotOpen)
        }

        fn unseal(&self, sealed: Vec<u8>) -> Result<Vec<u8>, KeystoreFault> {
            let secret = self.0.unseal(&sealed).map_err(|_| KeystoreFault::CannotOpen)?;
            Ok(secret.to_vec())
        }

        fn destroy(&self) -> Result<(), KeystoreFault> {
            self.0.destroy().map_err(|_| KeystoreFault::CannotOpen)
        }
    }

    struct Nowhere;

    impl NetworkState for Nowhere {
        fn is_connected(&self) -> bool {
            false
        }
    }

    struct Quiet;

    impl SyncObserver for Quiet {
        fn step(&self, _: crate::sync::SyncStep) {}
    }

    fn phone(folder: &std::path::Path, options: EngineOptions) -> Result<Arc<Engine>, TerangaError> {
        let keystore = Arc::new(Files(FileKeystore::new(folder.join("key"))));
        Engine::open(
            folder.join("phone").to_string_lossy().into_owned(),
            keystore,
            options,
        )
    }

    fn code<T>(outcome: Result<T, TerangaError>) -> Option<ErrorCode> {
        outcome.err().map(|TerangaError::Refused { code, .. }| code)
    }

    #[tokio::test]
    async fn a_new_phone_says_what_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let phone = phone(folder.path(), EngineOptions::default()).unwrap();
        let status = phone.status().unwrap();
        assert_eq!((status.device, status.waiting, status.bundle), (None, 0, 0));
        assert_eq!(phone.users().unwrap(), []);
        let missing = Some(ErrorCode::NotEnrolled);
        assert_eq!(code(phone.setup()), missing);
        assert_eq!(code(phone.scan_text("x".into(), Post::default())), missing);
        assert_eq!(code(phone.unlock(1, "271828".into()).await), missing);
        assert_eq!(code(phone.settle(1, "271828".into()).await), missing);
        assert_eq!(
            code(phone.settle(1, "123456".into()).await),
            Some(ErrorCode::PinEasy)
        );
        assert_eq!(
            code(phone.settle(1, "1".into()).await),
            Some(ErrorCode::PinLength)
        );
        let app = AppInfo {
            version: "1".into(),
            platform: "android".into(),
            model: String::new(),
        };
        assert_eq!(
            code(phone.enroll("no ticket".into(), app).await),
            Some(ErrorCode::Ticket)
        );
    }

    #[tokio::test]
    async fn without_a_network_nothing_is_tried() {
        let folder = tempfile::tempdir().unwrap();
        let options = EngineOptions {
            network: Some(Arc::new(Nowhere)),
            ..EngineOptions::default()
        };
        let phone = phone(folder.path(), options).unwrap();
        let health = PhoneHealth {
            app_version: "1".into(),
            free_mib: 100,
            screen_lock: Some(true),
            encrypted: None,
        };
        let outcome = phone.sync(Arc::new(Quiet), SyncStop::new(), health).await;
        assert_eq!(code(outcome), Some(ErrorCode::Offline));
    }

    #[test]
    fn a_pin_of_a_certificate_has_32_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let options = EngineOptions {
            pins: vec![vec![1; 20]],
            ..EngineOptions::default()
        };
        assert_eq!(code(phone(folder.path(), options)), Some(ErrorCode::Malformed));
    }
}
