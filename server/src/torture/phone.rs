//! The phone's vault and outbox under torture.

use std::path::Path;
use std::sync::Arc;

use jiff::civil::date;
use teranga_core::card::key::{Kid, Purpose};
use teranga_core::card::signing::SigningKey;
use teranga_core::card::trust::{KeyState, Scope, TrustEntry, TrustList};
use teranga_core::clock;
use teranga_core::engine::{Engine, Keystore, Settings};
use teranga_core::ids::OsRandom;
use teranga_core::person::Place;
use teranga_core::register::Draft;
use teranga_core::registry::bundle::keys::public_half;
use teranga_core::sensitive::Secret;
use teranga_core::session::{Cost, Pin};
use teranga_core::store::FileKeystore;
use teranga_core::sync::{Request, Response, Transport, TransportError};
use teranga_core::wire::enroll::{
    AppInfo, ConsentText, EnrollAnswer, EnrollRequest, Enrolled, Policy, Setup, User,
};
use teranga_core::wire::fact::{Consent, Given};
use teranga_core::wire::ticket::{Ticket, root_hash};
use teranga_core::wire::{Base64, Signed, VERSION};

use super::command::say;
use super::people;

const USER: u64 = 1;
const PIN: &str = "480274";
const CONSENT: &str = "torture";

/// Registers people on the phone of a folder, one after the other, and says each when it is safe.
pub(super) fn register(folder: &Path, people: u64) -> anyhow::Result<()> {
    let engine = open(folder)?;
    let before = engine.status()?.packets.sequence;
    for number in 0..people {
        let saved = engine.register(&draft(before + number))?;
        say(format_args!("ACK {}", saved.packet.id));
    }
    Ok(())
}

/// Says what is there: each registration with its sequence, and whether the outbox holds its packet.
pub(super) fn list(folder: &Path) -> anyhow::Result<()> {
    let engine = open(folder)?;
    let sequences: std::collections::BTreeSet<u64> = engine.waiting()?.into_iter().collect();
    for (id, record) in engine.records()? {
        let sealed = if sequences.contains(&record.sequence) {
            "waits"
        } else {
            "lost"
        };
        say(format_args!("{id} {} {sealed}", record.sequence));
    }
    Ok(())
}

/// The phone, open; set up first when it is new.
fn open(folder: &Path) -> anyhow::Result<Engine> {
    std::fs::create_dir_all(folder)?;
    let keystore: Keystore = Arc::new(FileKeystore::new(folder.join("platform")));
    let settings = Settings {
        // A PIN is not what is tortured.
        cost: Cost::LEAST,
        ..Settings::default()
    };
    let engine = Engine::open(folder, keystore, settings)?;
    let pin = Pin::typed(PIN);
    if engine.status()?.device.is_none() {
        let server = Once::new()?;
        let ticket = server.ticket();
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        runtime.block_on(engine.enroll(&server, &ticket, AppInfo::default()))?;
        engine.settle(USER, &pin)?;
    } else {
        engine.unlock(USER, &pin)?;
    }
    Ok(engine)
}

fn draft(number: u64) -> Draft {
    Draft {
        person: people::person(number),
        program: None,
        consent: Consent {
            text: CONSENT.to_owned(),
            version: 1,
            language: "en".to_owned(),
            how: Given::Spoken,
        },
        same: None,
        distinct: Vec::new(),
    }
}

/// A server that takes one phone in and is gone: what the phone saves afterwards is sealed for nobody.
struct Once {
    root: SigningKey,
    publisher: SigningKey,
    sync: [u8; 32],
}

impl Once {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            root: SigningKey::generate(Purpose::Root, &mut OsRandom)?,
            publisher: SigningKey::generate(Purpose::Publisher, &mut OsRandom)?,
            sync: public_half(&Secret::generate(&mut OsRandom)?),
        })
    }

    fn ticket(&self) -> String {
        let ticket = Ticket {
            server: "https://localhost".to_owned(),
            secret: Secret::take(&mut [0; 16]),
            root: root_hash(&self.root.public()),
        };
        ticket.to_text()
    }

    fn trust(&self) -> anyhow::Result<Vec<u8>> {
        let mut trust = TrustList::new(1, clock::today(), "torture", self.root.public());
        let publisher = (
            self.publisher.kid(),
            Purpose::Publisher,
            self.publisher.public().0,
        );
        for (kid, purpose, public) in [publisher, (Kid::of(&self.sync), Purpose::Sync, self.sync)] {
            trust.add(TrustEntry {
                kid,
                purpose,
                public,
                scope: Scope::Organisation,
                not_before: date(2026, 1, 1),
                not_after: date(2099, 12, 31),
                state: KeyState::Active,
            })?;
        }
        Ok(trust.sign(&self.root)?)
    }

    fn answer(&self, body: &[u8]) -> anyhow::Result<EnrollAnswer> {
        let json = zstd::bulk::decompress(body, 1 << 20).unwrap_or_else(|_| body.to_vec());
        let request: EnrollRequest = serde_json::from_slice(&json)?;
        let enrolled = Enrolled {
            device: request.verify()?,
            at: clock::now().as_millisecond(),
            epoch: 1,
            setup: setup(),
        };
        Ok(EnrollAnswer {
            version: VERSION,
            trust: Base64(self.trust()?),
            enrolled: Signed::sign(&enrolled, &self.publisher)?,
        })
    }
}

impl Transport for Once {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let answer = self.answer(&request.body.unwrap_or_default());
        let body = answer.and_then(|answer| Ok(serde_json::to_vec(&answer)?));
        Ok(Response {
            status: 200,
            body: body.map_err(|_| TransportError::Broken)?,
            etag: None,
        })
    }
}

fn setup() -> Setup {
    Setup {
        number: 1,
        organisation: "Torture".to_owned(),
        name: "Torture".to_owned(),
        area: Place {
            country: "SN".to_owned(),
            region: "DKR".to_owned(),
            ..Place::default()
        },
        users: vec![User {
            id: USER,
            name: "Torture".to_owned(),
            role: "enrollment-agent".to_owned(),
        }],
        programs: Vec::new(),
        consents: vec![ConsentText {
            text: CONSENT.to_owned(),
            version: 1,
            language: "en".to_owned(),
            words: "Agreed?".to_owned(),
        }],
        policy: Policy {
            lock_after_seconds: 24 * 3_600,
            ..Policy::default()
        },
    }
}
