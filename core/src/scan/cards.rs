//! What this phone did with cards and no list knows yet.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::card::token::TokenHash;
use crate::person::MpiId;
use crate::registry::Handle;
use crate::store::{self, Change, Store, StoreError, Table};
use crate::verify::Holders;
use crate::wire::PacketId;
use crate::wire::fact::CardRef;

/// Under which key a card is noted: by the hash of its token, or by its printed code.
pub type CardKey = Vec<u8>;

/// Where a card stands, as this phone left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CardState {
    /// A blank card that was given to a person.
    Bound,
    /// Handed to its holder.
    Handed,
    /// Replaced or revoked here: not accepted on this phone, whatever the lists still say.
    Revoked,
}

/// A card that this phone did something with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardNote {
    /// Where it stands.
    pub state: CardState,
    /// The campaign that it is for, where this phone decided that.
    pub campaign: Option<String>,
    /// The number of its holder.
    pub mpi: Option<MpiId>,
    /// The packet that registered its holder here.
    pub registration: Option<PacketId>,
    /// When, by the phone's trusted time.
    pub at: Timestamp,
}

/// The key of a card that a fact names.
pub(super) fn key_of(card: &CardRef) -> CardKey {
    match card {
        CardRef::Token(hash) => token_key(hash),
        CardRef::Code(code) => [b"c", code.as_str().as_bytes()].concat(),
    }
}

fn token_key(hash: &TokenHash) -> CardKey {
    [b"t", &hash[..]].concat()
}

/// The key of a typed number, when it names one card.
pub(super) fn key_of_typed(handle: &Handle) -> Option<CardRef> {
    match handle {
        Handle::Code(code) => Some(CardRef::Code(*code)),
        Handle::Mpi(_) | Handle::Legacy(_) => None,
    }
}

/// What this phone did with a card.
pub fn note_of(store: &(impl Store + ?Sized), card: &CardRef) -> Result<Option<CardNote>, StoreError> {
    let note = store.get(Table::Cards, &key_of(card))?;
    note.map(|bytes| store::json(&bytes)).transpose()
}

/// The change that writes down what was done with a card.
pub fn put_note(card: &CardRef, note: &CardNote) -> Change {
    Change::put(Table::Cards, key_of(card), store::to_json(note))
}

/// The phone's notes, as a verdict asks for the campaign of a card that was blank.
pub(super) struct Bound<'a, S: ?Sized>(pub &'a S);

impl<S: Store + ?Sized> Holders for Bound<'_, S> {
    fn campaign(&self, token: &TokenHash) -> Option<String> {
        // A note that cannot be read leaves the card blank, which is looked at by a person.
        let note = note_of(self.0, &CardRef::Token(*token)).ok()??;
        note.campaign
    }
}
