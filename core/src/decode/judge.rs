//! Who tells a right reading from a wrong one.
//!
//! A damaged code may be read in several ways. A card carries a signature, so of several candidates the right one can
//! be told with certainty: that is what a [`Judge`] does. It may also say what cards look like here, so that what is
//! known in advance is not read from the picture at all.

use crate::card::key::Kid;
use crate::card::signing::PublicKey;
use crate::card::text::{self, CardText, Host};
use crate::card::trust::TrustList;
use crate::verify::CARD_PURPOSE;

/// Tells whether a candidate text is certainly a right reading.
pub trait Judge {
    /// Whether the text is certainly what the code says: a card whose signature fits. May cost a signature check.
    fn accepts(&self, text: &str) -> bool;

    /// Names of keys that may have signed a card; each is tried, so only few help.
    fn keys(&self) -> &[Kid] {
        &[]
    }

    /// Hosts that may stand in a card's link.
    fn hosts(&self) -> &[Host] {
        &[]
    }
}

/// The judge of a phone: a card's key must be on the trust list and its signature must fit. Revoked, expired and
/// foreign cards are right readings too; what they are worth is the verdict's matter.
#[derive(Debug, Clone)]
pub struct TrustJudge<'a> {
    trust: &'a TrustList,
    keys: Vec<Kid>,
    hosts: Vec<Host>,
}

impl<'a> TrustJudge<'a> {
    /// A judge by a trust list, with the hosts of the campaigns that the phone serves (possibly none).
    pub fn new(trust: &'a TrustList, hosts: Vec<Host>) -> Self {
        let cards = trust
            .entries()
            .iter()
            .filter(|entry| entry.purpose == CARD_PURPOSE);
        Self {
            trust,
            keys: cards.map(|entry| entry.kid).collect(),
            hosts,
        }
    }
}

impl Judge for TrustJudge<'_> {
    fn accepts(&self, text: &str) -> bool {
        let Ok(CardText::Signed(card)) = text::parse(text) else {
            return false;
        };
        let entry = self.trust.find(card.kid());
        entry.is_some_and(|entry| {
            entry.purpose == CARD_PURPOSE && card.verify(&PublicKey(entry.public)).is_ok()
        })
    }

    fn keys(&self) -> &[Kid] {
        &self.keys
    }

    fn hosts(&self) -> &[Host] {
        &self.hosts
    }
}
