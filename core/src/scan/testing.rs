//! An organization with its keys, cards and bundles, for the tests of everything that a phone does.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::{Date, date};

use super::Lists;
use crate::card::key::{Kid, Purpose};
use crate::card::payload::{Claims, SignedCard};
use crate::card::signing::SigningKey;
use crate::card::text::Form;
use crate::card::token::Token;
use crate::card::trust::{KeyState, Scope, TrustEntry, TrustList};
use crate::ids::OsRandom;
use crate::person::{Demographics, MpiId, Place};
use crate::registry::Handle;
use crate::registry::bundle::files::{Disk, Files};
use crate::registry::bundle::folder::Folder;
use crate::registry::bundle::manifest::{Kind, Manifest, Part, Recipient};
use crate::registry::bundle::numbers::{Numbered, Numbers};
use crate::registry::bundle::people::{self, Known};
use crate::registry::bundle::seal::Cipher;
use crate::registry::bundle::{keys, part};
use crate::registry::filter::{Build, Key};
use crate::registry::list::StatusList;
use crate::sensitive::Secret;
use crate::wire::enroll::{ConsentText, Policy, Program, Setup, User};
use crate::wire::fact::{Consent, Given, HolderCheck};

pub(crate) const ISSUED: Date = date(2026, 3, 1);
pub(crate) const CAMPAIGN: &str = "POLIO26";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn now() -> Timestamp {
    at("2026-06-15T08:00:00Z")
}

pub(crate) struct World {
    pub root: SigningKey,
    pub publisher: SigningKey,
    pub issuer: SigningKey,
    pub lot: SigningKey,
    /// The private half of the sync key.
    pub sync: Secret<32>,
}

/// What goes into a bundle.
#[derive(Default)]
pub(crate) struct Contents<'a> {
    pub number: u64,
    pub people: Vec<(MpiId, Demographics)>,
    /// Cards by number: token, and what it is found under.
    pub cards: Vec<(u8, Vec<Handle>)>,
    pub revoked: &'a [u8],
}

/// A bundle as a server holds it.
pub(crate) struct Built {
    pub manifest: Vec<u8>,
    pub parts: Vec<(Part, Vec<u8>)>,
}

impl World {
    pub fn new() -> Self {
        let key = |purpose| SigningKey::generate(purpose, &mut OsRandom).unwrap();
        Self {
            root: key(Purpose::Root),
            publisher: key(Purpose::Publisher),
            issuer: key(Purpose::Issuer),
            lot: key(Purpose::Issuer),
            sync: Secret::generate(&mut OsRandom).unwrap(),
        }
    }

    pub fn trust(&self) -> TrustList {
        let mut list = TrustList::new(1, ISSUED, "moh", self.root.public());
        let signing = |key: &SigningKey, scope| (key.kid(), key.purpose(), key.public().0, scope);
        let sync = keys::public_half(&self.sync);
        for (kid, purpose, public, scope) in [
            signing(&self.issuer, Scope::Campaign(CAMPAIGN.into())),
            signing(&self.lot, Scope::Lot("L-0007".into())),
            signing(&self.publisher, Scope::Organisation),
            (Kid::of(&sync), Purpose::Sync, sync, Scope::Organisation),
        ] {
            let entry = TrustEntry {
                kid,
                purpose,
                public,
                scope,
                not_before: date(2026, 1, 1),
                not_after: date(2026, 12, 31),
                state: KeyState::Active,
            };
            list.add(entry).unwrap();
        }
        list
    }

    fn card(key: &SigningKey, token: u8) -> String {
        let claims = Claims {
            token: Token([token; 16]),
            issued: ISSUED,
            expires: date(2027, 3, 1),
        };
        Form::Compact.write(&SignedCard::issue(key, &claims).unwrap())
    }

    /// A card of the campaign.
    pub fn issued(&self, token: u8) -> String {
        Self::card(&self.issuer, token)
    }

    /// A blank card of the lot.
    pub fn blank(&self, token: u8) -> String {
        Self::card(&self.lot, token)
    }

    /// A list that covers every card of both keys, with some revoked.
    fn status(&self, revoked: &[u8]) -> Vec<u8> {
        let key = |token: u8| Key::of(&Token([token; 16]).hash());
        let both = [self.issuer.kid(), self.lot.kid()];
        let counts: BTreeMap<Kid, u64> = both.into_iter().map(|kid| (kid, 256)).collect();
        let revoked = revoked.iter().map(|token| (self.issuer.kid(), key(*token)));
        let mut build = Build::new(&counts, revoked).unwrap();
        for kid in both {
            (0..=255).for_each(|token| build.offer(kid, key(token)).unwrap());
        }
        let list = StatusList {
            number: 1,
            covers_before: date(2026, 6, 14),
            issued: at("2026-06-14T00:00:00Z"),
            next_update: at("2026-06-21T00:00:00Z"),
            withdrawn: Vec::new(),
            filter: build.finish().unwrap(),
        };
        list.sign(&self.publisher).unwrap()
    }

    /// A bundle for a device.
    pub fn bundle(&self, contents: Contents<'_>, vault: &[u8; 32]) -> Built {
        let number = contents.number;
        let trust = self.trust().sign(&self.root).unwrap();
        let status = self.status(contents.revoked);
        let mut parts: Vec<(Part, Vec<u8>)> = vec![
            (part::store(Kind::Trust, number, &trust), trust),
            (part::store(Kind::Status, number, &status), status),
        ];
        let mut part_keys = Vec::new();
        let key = Secret::generate(&mut OsRandom).unwrap();
        let mut everyone = Vec::new();
        let known = contents
            .people
            .iter()
            .map(|(mpi, person)| Known::of(*mpi, person, &key));
        people::write(&mut everyone, &key, known).unwrap();
        for (kind, plain) in [
            (Kind::People, everyone),
            (Kind::Ids, self.numbers(&contents.cards).to_bytes()),
        ] {
            let part_key = Secret::generate(&mut OsRandom).unwrap();
            let mut sealed = Vec::new();
            let cipher = Cipher::ChaCha20Poly1305;
            let part = part::seal(&plain[..], &mut sealed, cipher, &part_key, (kind, number)).unwrap();
            part_keys.push((
                parts.len(),
                keys::seal(vault, &part, &part_key, &mut OsRandom).unwrap(),
            ));
            parts.push((part, sealed));
        }
        let manifest = Manifest {
            number,
            built: at("2026-06-14T01:00:00Z"),
            parts: parts.iter().map(|(part, _)| *part).collect(),
            recipients: vec![Recipient {
                vault: *vault,
                keys: part_keys,
            }],
        };
        Built {
            manifest: manifest.sign(&self.publisher).unwrap(),
            parts,
        }
    }

    /// The same bundle, its keys sealed once more.
    pub fn sealed_anew(&self, built: Built, vault: &[u8; 32]) -> Built {
        let mut manifest = Manifest::open(&self.trust(), &built.manifest).unwrap();
        let key = Secret::generate(&mut OsRandom).unwrap();
        for (place, sealed) in &mut manifest.recipients[0].keys {
            *sealed = keys::seal(vault, &manifest.parts[*place], &key, &mut OsRandom).unwrap();
        }
        Built {
            manifest: manifest.sign(&self.publisher).unwrap(),
            ..built
        }
    }

    fn numbers(&self, cards: &[(u8, Vec<Handle>)]) -> Numbers {
        let numbered: Vec<Numbered> = cards
            .iter()
            .map(|(token, handles)| Numbered {
                key: Key::of(&Token([*token; 16]).hash()),
                kid: self.issuer.kid(),
                campaign: Some(CAMPAIGN.into()),
                issued: ISSUED,
                expires: date(2027, 3, 1),
                handles: handles.clone(),
            })
            .collect();
        Numbers::of(Secret::generate(&mut OsRandom).unwrap(), &numbered).unwrap()
    }

    /// The lists of a bundle that lies in a folder.
    pub fn lists(&self, folder: &Path, revoked: &[u8]) -> Lists {
        let contents = Contents {
            number: 1,
            revoked,
            ..Contents::default()
        };
        let mut bundle = Folder::new(Disk::open(folder).unwrap());
        put(
            &mut bundle,
            &self.bundle(contents, &keys::public_half(&self.sync)),
            self,
        );
        Lists::open(&bundle, None, &self.root.public()).unwrap().unwrap()
    }
}

/// Puts a bundle into a folder, as a whole sync does.
pub(crate) fn put(folder: &mut Folder<impl Files>, built: &Built, world: &World) {
    for (part, bytes) in &built.parts {
        folder.write(part, 0, bytes).unwrap();
        folder.keep(part).unwrap();
    }
    folder.switch(&world.trust(), &built.manifest, 0).unwrap();
}

pub(crate) fn setup() -> Setup {
    let user = |id, name: &str, role: &str| User {
        id,
        name: name.into(),
        role: role.into(),
    };
    Setup {
        number: 1,
        organisation: "Ministry of Health".into(),
        name: "Kolda 3".into(),
        area: Place {
            country: "SN".into(),
            region: "KLD".into(),
            ..Place::default()
        },
        users: vec![
            user(7, "Awa", "supervisor"),
            user(8, "Omar", "enrollment-agent"),
            user(9, "Binta", "health-worker"),
        ],
        programs: vec![Program {
            id: 3,
            code: "POLIO".into(),
            name: "Polio".into(),
            campaigns: vec![CAMPAIGN.into()],
            check: HolderCheck::Name,
        }],
        consents: vec![ConsentText {
            text: "registration".into(),
            version: 2,
            language: "wo".into(),
            words: "…".into(),
        }],
        policy: Policy::default(),
    }
}

pub(crate) fn consent() -> Consent {
    Consent {
        text: "registration".into(),
        version: 2,
        language: "wo".into(),
        how: Given::Spoken,
    }
}
