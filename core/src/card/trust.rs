//! The trust list: the keys that an organisation stands for, numbered, signed by its root, forward only.
//!
//! A phone gets the root's public key once, when it is enrolled, and everything else follows from the list. A key's name
//! on a card is the attacker's choice: it is looked up here and nowhere else, and the purpose and algorithm that count
//! are the ones written here, not the card's.
//!
//! A list takes the place of another only when its number is higher; so a key that was marked compromised cannot be
//! made good again by replaying an older list.

use jiff::civil::Date;

use super::cbor::CborError;
use super::key::{Algorithm, Context, Kid, Purpose};
use super::signing::{PublicKey, SignatureBytes, SignatureError};

/// The most keys on a list: a country's campaigns and lots of many years.
pub const MAX_ENTRIES: usize = 20_000;

/// The longest signed list, bytes.
pub const MAX_BYTES: usize = 4 << 20;

/// What a key is limited to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The whole organisation.
    Organisation,
    /// One campaign, by its prefix.
    Campaign(String),
    /// One lot of blank cards, by its number.
    Lot(String),
}

/// Whether what a key signed still counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// In use.
    Active,
    /// Signs nothing new; what it signed stays valid.
    Retired,
    /// Somebody else may hold it; what it signed proves nothing.
    Compromised,
}

/// One public key of the organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustEntry {
    /// Its name.
    pub kid: Kid,
    /// What it is for.
    pub purpose: Purpose,
    /// Its public half: Ed25519, or X25519 for a sync key.
    pub public: [u8; 32],
    /// What it is limited to.
    pub scope: Scope,
    /// First day of its period of issue.
    pub not_before: Date,
    /// Last day of its period of issue.
    pub not_after: Date,
    /// Whether what it signed still counts.
    pub state: KeyState,
}

impl TrustEntry {
    /// The algorithm, which follows from the purpose.
    pub fn algorithm(&self) -> Algorithm {
        self.purpose.algorithm()
    }

    /// Fails for what no list holds: secret keys, a second root, an issuer key without a campaign or lot.
    pub(super) fn check(&self) -> Result<(), TrustListError> {
        let (purpose, scope) = (self.purpose, &self.scope);
        if self.algorithm() == Algorithm::HmacSha256 || purpose == Purpose::Root {
            return Err(TrustListError::Invalid("a purpose"));
        }
        if (purpose == Purpose::Issuer) == (*scope == Scope::Organisation) {
            return Err(TrustListError::Invalid("a scope"));
        }
        Ok(())
    }

    /// Whether the key was meant to sign on a day.
    pub fn covers(&self, day: Date) -> bool {
        (self.not_before..=self.not_after).contains(&day)
    }
}

/// The keys that an organisation stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustList {
    /// Counts up from 1 with each list.
    pub number: u64,
    /// The day on which it was signed.
    pub issued: Date,
    /// The organisation's short name.
    pub organisation: String,
    /// The root's public key.
    pub root: PublicKey,
    pub(super) entries: Vec<TrustEntry>,
}

/// Why a trust list is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustListError {
    /// Not the bytes of a trust list.
    #[error("this is not a trust list: {0}")]
    Malformed(#[from] CborError),
    /// A value outside of its range.
    #[error("this is not a trust list: {0} is not valid")]
    Invalid(&'static str),
    /// Written in a later form.
    #[error("the trust list is of version {0}, newer than this program; update the program")]
    FutureVersion(u64),
    /// Signed by another root than the one that was given on enrollment.
    #[error("the trust list belongs to another organisation; enroll with that organisation first")]
    OtherRoot,
    /// Not signed by the root that it names.
    #[error("the trust list's signature does not fit; fetch it again")]
    BadSignature,
    /// Older than the list that is held.
    #[error("trust list {offered} is older than list {held}, which stays")]
    Older {
        /// Number of the list that is held.
        held: u64,
        /// Number of the list that was offered.
        offered: u64,
    },
    /// Another list of the same number: somebody signed two.
    #[error("there are two different trust lists of number {0}; ask the organisation which one counts")]
    Fork(u64),
    /// Two keys of one name.
    #[error("key {0} is on the list already; make another key")]
    KidTaken(Kid),
    /// More keys than a list holds.
    #[error("a trust list holds at most {MAX_ENTRIES} keys")]
    Full,
}

/// Why a signature by a listed key does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// No such key on the list.
    #[error("key {0} is not known here; sync to fetch the newest trust list")]
    UnknownKey(Kid),
    /// The key may be in other hands.
    #[error("key {0} is marked compromised; nothing that it signed counts")]
    Compromised(Kid),
    /// The key is for something else, or the signature does not fit.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

impl TrustList {
    /// A list without keys.
    pub fn new(number: u64, issued: Date, organisation: &str, root: PublicKey) -> Self {
        Self {
            number,
            issued,
            organisation: organisation.to_owned(),
            root,
            entries: Vec::new(),
        }
    }

    /// Adds a key; refused when its name is taken, by the root or by another, or when it could not stand on a list.
    pub fn add(&mut self, entry: TrustEntry) -> Result<(), TrustListError> {
        entry.check()?;
        if self.entries.len() == MAX_ENTRIES {
            return Err(TrustListError::Full);
        }
        match self.entries.binary_search_by_key(&entry.kid, |known| known.kid) {
            Err(place) if entry.kid != self.root.kid() => {
                self.entries.insert(place, entry);
                Ok(())
            }
            _ => Err(TrustListError::KidTaken(entry.kid)),
        }
    }

    /// The keys, in the order of their names.
    pub fn entries(&self) -> &[TrustEntry] {
        &self.entries
    }

    /// The key of a name.
    pub fn find(&self, kid: Kid) -> Option<&TrustEntry> {
        let place = self.entries.binary_search_by_key(&kid, |entry| entry.kid).ok()?;
        self.entries.get(place)
    }

    /// Checks a signature made in a context by a key of this list, and gives the key back. A retired key still counts.
    pub fn verify(
        &self,
        context: Context,
        kid: Kid,
        message: &[u8],
        signature: &SignatureBytes,
    ) -> Result<&TrustEntry, TrustError> {
        let entry = self.find(kid).ok_or(TrustError::UnknownKey(kid))?;
        if entry.purpose != context.purpose() {
            let needed = context.purpose();
            return Err(SignatureError::WrongPurpose {
                held: entry.purpose,
                needed,
            }
            .into());
        }
        if entry.state == KeyState::Compromised {
            return Err(TrustError::Compromised(kid));
        }
        PublicKey(entry.public).verify(context, message, signature)?;
        Ok(entry)
    }
}

#[cfg(test)]
mod tests;
