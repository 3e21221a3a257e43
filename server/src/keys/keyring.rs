//! The keys as the rest of the server uses them.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use jiff::civil::Date;
use teranga_core::card::key::{Kid, Purpose};
use teranga_core::card::public::public_half;
use teranga_core::card::signing::{PublicKey, SigningKey};
use teranga_core::card::trust::{KeyState, Scope, TrustEntry, TrustList};
use teranga_core::clock;
use teranga_core::ids::OsRandom;
use teranga_core::sensitive::Secret;

use super::master::MasterKeySource;
use super::request::{KeyRequest, shown, years_after};
use super::store::{FileStore, KeyInfo, KeyStore, StoreError, StoredKey, write_over};

/// How often a new key is drawn when its 4-byte name is taken.
const DRAWS: usize = 8;

/// The keys of one organisation, and its trust list beside them.
pub struct Keyring {
    store: Box<dyn KeyStore>,
    list_file: PathBuf,
}

impl Keyring {
    /// Opens the keys in a data folder (`keys/`). Also says which master key file was made just now, if one was.
    pub fn open(data: &Path, master: &MasterKeySource) -> anyhow::Result<(Self, Option<PathBuf>)> {
        let master = master.load(data)?;
        let folder = data.join("keys");
        let store = FileStore::open(&folder, master.key)?;
        Ok((Self::new(Box::new(store), &folder), master.made))
    }

    /// A keyring over a store, with the signed trust list in a folder.
    pub fn new(store: Box<dyn KeyStore>, folder: &Path) -> Self {
        Self {
            store,
            list_file: folder.join("trust-list.cbor"),
        }
    }

    /// The store.
    pub fn store(&self) -> &dyn KeyStore {
        &*self.store
    }

    /// What is known of all keys, oldest first.
    pub fn list(&self) -> Result<Vec<KeyInfo>, StoreError> {
        self.store.list()
    }

    /// Makes the root, publisher, session and sync keys that every organisation has, as far as they are not there.
    pub fn ensure_organisation(&self, now: Timestamp) -> anyhow::Result<Vec<KeyInfo>> {
        let known = self.list()?;
        let needed = [Purpose::Root, Purpose::Publisher, Purpose::Session, Purpose::Sync];
        let missing = needed
            .into_iter()
            .filter(|purpose| !known.iter().any(|key| key.purpose == *purpose));
        let (not_before, not_after) = (clock::date_of(now), years_after(clock::date_of(now), 20));
        missing
            .map(|purpose| {
                self.make(
                    &KeyRequest {
                        purpose,
                        scope: Scope::Organisation,
                        not_before,
                        not_after,
                    },
                    now,
                )
            })
            .collect()
    }

    /// Makes a key. One whose name is taken is thrown away and drawn again.
    pub fn make(&self, request: &KeyRequest, now: Timestamp) -> anyhow::Result<KeyInfo> {
        request.check()?;
        for _ in 0..DRAWS {
            let secret = Secret::generate(&mut OsRandom)?;
            let (kid, public) = public_half(request.purpose, &secret);
            let info = KeyInfo {
                kid,
                purpose: request.purpose,
                scope: request.scope.clone(),
                not_before: request.not_before,
                not_after: request.not_after,
                state: KeyState::Active,
                made: now,
                public: public.map(|public| data_encoding::HEXLOWER.encode(&public)),
            };
            let key = StoredKey { info, secret };
            match self.store.insert(&key) {
                Err(StoreError::Taken(_)) => {}
                result => return result.map(|()| key.info).map_err(Into::into),
            }
        }
        bail!(
            "no free name was found for a new key in {DRAWS} draws, which chance does not explain; check the system's randomness"
        )
    }

    /// Makes a key in place of another, which is retired: what the old one signed stays valid.
    pub fn rotate(&self, kid: Kid, now: Timestamp) -> anyhow::Result<KeyInfo> {
        let _held = self.lock()?;
        let old = self.store.get(kid)?.info;
        if old.purpose == Purpose::Root {
            bail!("phones know the organisation by its root key, which cannot be rotated; see docs/keys.md");
        }
        if old.state != KeyState::Active {
            bail!("key {kid} is not active; rotate the active {} key", old.purpose);
        }
        let not_before = clock::date_of(now);
        let span = clock::day_number(old.not_after) - clock::day_number(old.not_before);
        let not_after =
            clock::date_of_day(clock::day_number(not_before) + span).context("the key's period")?;
        let request = KeyRequest {
            purpose: old.purpose,
            scope: old.scope,
            not_before,
            not_after,
        };
        let new = self.make(&request, now)?;
        self.store.set_state(kid, KeyState::Retired)?;
        Ok(new)
    }

    /// Sets a key's state. The root cannot be retired: nothing could be published after it.
    pub fn set_state(&self, kid: Kid, state: KeyState) -> anyhow::Result<KeyInfo> {
        let _held = self.lock()?;
        let info = self.store.get(kid)?.info;
        if info.purpose == Purpose::Root {
            bail!(
                "without its root key an organisation can publish nothing; see docs/keys.md for replacing it"
            );
        }
        self.store.set_state(kid, state)?;
        Ok(KeyInfo { state, ..info })
    }

    /// The active signing key of a purpose and scope, the newest if there are several.
    pub fn signer(&self, purpose: Purpose, scope: &Scope) -> anyhow::Result<SigningKey> {
        Ok(SigningKey::from_seed(purpose, &self.secret(purpose, scope)?))
    }

    /// The issuer key of a campaign or lot for cards of a day: phones trust a key for its period only.
    pub fn issuer(&self, scope: &Scope, day: Date) -> anyhow::Result<SigningKey> {
        let covers = |key: &KeyInfo| key.not_before <= day && day <= key.not_after;
        let key = self.newest(Purpose::Issuer, scope, covers)?.with_context(|| {
            let scope = shown(scope);
            format!("no active issuer key for {scope} covers {day}; make one with `teranga keys make issuer --from`")
        })?;
        Ok(SigningKey::from_seed(Purpose::Issuer, &key.secret))
    }

    /// The active secret of a purpose and scope: a token or pass key, or the private half of the sync key.
    pub fn secret(&self, purpose: Purpose, scope: &Scope) -> anyhow::Result<Secret<32>> {
        let key = self.newest(purpose, scope, |_| true)?.with_context(|| {
            let scope = shown(scope);
            format!("there is no active {purpose} key for {scope}; make one with `teranga keys make`")
        })?;
        Ok(key.secret)
    }

    fn newest(
        &self,
        purpose: Purpose,
        scope: &Scope,
        wanted: impl Fn(&KeyInfo) -> bool,
    ) -> Result<Option<StoredKey>, StoreError> {
        let keys = self.list()?;
        let active = keys
            .iter()
            .filter(|key| key.state == KeyState::Active && key.purpose == purpose);
        let newest = active.filter(|key| key.scope == *scope).rfind(|key| wanted(key));
        newest.map(|key| self.store.get(key.kid)).transpose()
    }

    /// The signed trust list: the last one if nothing has changed since, otherwise a new one, kept in the folder.
    ///
    /// The organisation's name is that of the last list; `name` counts for the first.
    pub fn publish_trust_list(&self, name: &str, today: Date) -> anyhow::Result<(TrustList, Vec<u8>)> {
        self.publish_trust_list_after(name, today, None)
    }

    /// The same, where another machine may have signed a later list than the folder has: `known` is the newest that
    /// this organisation's database has.
    pub fn publish_trust_list_after(
        &self,
        name: &str,
        today: Date,
        known: Option<(TrustList, Vec<u8>)>,
    ) -> anyhow::Result<(TrustList, Vec<u8>)> {
        let _held = self.lock()?;
        let root = self.signer(Purpose::Root, &Scope::Organisation)?;
        let last = match (self.last_list(&root.public())?, known) {
            (Some(own), Some(known)) if known.0.number <= own.0.number => Some(own),
            (own, known) => known.or(own),
        };
        let (number, name) = last
            .as_ref()
            .map_or((1, name), |(list, _)| (list.number + 1, &list.organisation));
        let mut list = TrustList::new(number, today, name, root.public());
        for info in self.list()? {
            if let Some(entry) = entry(&info)? {
                list.add(entry)?;
            }
        }
        match last {
            Some((last, signed)) if last.entries() == list.entries() => Ok((last, signed)),
            _ => {
                let signed = list.sign(&root)?;
                write_over(&self.list_file, &signed)
                    .with_context(|| format!("the trust list, {}", self.list_file.display()))?;
                Ok((list, signed))
            }
        }
    }

    /// Held while something changes, so that two commands at once never undo one another's change of state nor sign two
    /// lists of one number.
    fn lock(&self) -> anyhow::Result<File> {
        let path = self.list_file.with_extension("lock");
        let file = File::create(&path).with_context(|| path.display().to_string())?;
        file.lock().with_context(|| path.display().to_string())?;
        Ok(file)
    }

    fn last_list(&self, root: &PublicKey) -> anyhow::Result<Option<(TrustList, Vec<u8>)>> {
        let said = || format!("the trust list, {}", self.list_file.display());
        match std::fs::read(&self.list_file) {
            Ok(signed) => Ok(Some((TrustList::open(&signed, root).with_context(said)?, signed))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(said),
        }
    }
}

/// The line of a key on the trust list; none for the root, which heads it, and for HMAC keys.
fn entry(info: &KeyInfo) -> anyhow::Result<Option<TrustEntry>> {
    let Some(public) = info.public.as_ref().filter(|_| info.purpose != Purpose::Root) else {
        return Ok(None);
    };
    let public = data_encoding::HEXLOWER
        .decode(public.as_bytes())
        .ok()
        .and_then(|public| public.try_into().ok());
    let public = public.with_context(|| format!("the public half of key {}", info.kid))?;
    let KeyInfo {
        kid,
        purpose,
        scope,
        not_before,
        not_after,
        state,
        ..
    } = info.clone();
    Ok(Some(TrustEntry {
        kid,
        purpose,
        public,
        scope,
        not_before,
        not_after,
        state,
    }))
}

#[cfg(test)]
mod tests;
