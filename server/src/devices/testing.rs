//! A phone for tests and measurements: the whole protocol, and no storage but memory.

#![expect(clippy::expect_used, reason = "a test stops where its phone cannot work")]

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use teranga_core::card::key::Purpose;
use teranga_core::card::signing::{PublicKey, SigningKey};
use teranga_core::card::trust::{KeyState, TrustList};
use teranga_core::clock;
use teranga_core::ids::OsRandom;
use teranga_core::person::{BirthDate, Demographics, MpiId, Place, Sex};
use teranga_core::wire::batch::{PacketsAnswer, PacketsRequest};
use teranga_core::wire::downlink::{DownlinkAnswer, Message, To};
use teranga_core::wire::enroll::{AppInfo, DeviceKeys, EnrollAnswer, EnrollRequest, Setup};
use teranga_core::wire::fact::{Body as Fact, Consent, Given, Registered};
use teranga_core::wire::packet::{SealedPacket, Sealer};
use teranga_core::wire::receipt::{self, Assigned, Outcome, Receipts};
use teranga_core::wire::session::{ChallengeAnswer, Report, SessionAnswer, SessionRequest, Standing};
use teranga_core::wire::ticket::Ticket;
use teranga_core::wire::{DeviceId, DeviceKey, PacketId, path};
use tower::ServiceExt as _;

/// An answer that was no success: its status and code.
pub type Refusal = (u16, String);

/// A phone in memory.
pub struct Phone {
    /// Signs its packets.
    pub signing: SigningKey,
    /// Opens what a locked phone must read.
    pub transport: DeviceKey,
    /// Opens what is personal.
    pub vault: DeviceKey,
    /// The keys that count.
    pub trust: Option<TrustList>,
    /// Who may use it, for what.
    pub setup: Option<Setup>,
    /// The last sequence.
    pub sequence: u64,
    /// What has no receipt yet.
    pub outbox: BTreeMap<u64, SealedPacket>,
    /// What became of everything that has one.
    pub receipts: BTreeMap<PacketId, Outcome>,
    /// Numbers that were told.
    pub assigned: BTreeMap<PacketId, MpiId>,
    /// Numbers to give out.
    pub codes: Vec<String>,
    /// The last downlink.
    pub after: u64,
    /// The last epoch.
    pub epoch: u64,
    /// How far its clock is from the true time.
    pub clock_off: jiff::SignedDuration,
    /// The facts of its packets.
    opened: BTreeMap<PacketId, teranga_core::wire::fact::Fact>,
    sealer: Option<Sealer>,
    token: Option<String>,
}

impl Default for Phone {
    fn default() -> Self {
        Self {
            signing: SigningKey::generate(Purpose::Device, &mut OsRandom).expect("randomness"),
            transport: DeviceKey::generate(&mut OsRandom).expect("randomness"),
            vault: DeviceKey::generate(&mut OsRandom).expect("randomness"),
            trust: None,
            setup: None,
            sequence: 0,
            outbox: BTreeMap::new(),
            receipts: BTreeMap::new(),
            assigned: BTreeMap::new(),
            codes: Vec::new(),
            after: 0,
            epoch: 0,
            clock_off: jiff::SignedDuration::ZERO,
            opened: BTreeMap::new(),
            sealer: None,
            token: None,
        }
    }
}

/// A body as a phone sends it.
pub fn body_of(body: &impl Serialize) -> Vec<u8> {
    let json = serde_json::to_vec(body).expect("a body");
    zstd::bulk::compress(&json, 3).expect("a compressed body")
}

/// Asks a server for something.
pub async fn ask<T: DeserializeOwned>(
    router: &Router,
    place: (&str, &str),
    token: Option<&str>,
    body: &impl Serialize,
) -> Result<T, Refusal> {
    let bytes = ask_bytes(router, place, token, body).await?;
    Ok(serde_json::from_slice(&bytes).expect("the form that was asked for"))
}

/// The body of an answer.
pub async fn ask_bytes(
    router: &Router,
    (method, address): (&str, &str),
    token: Option<&str>,
    body: &impl Serialize,
) -> Result<Vec<u8>, Refusal> {
    let body = body_of(body);
    let mut request = Request::builder()
        .method(method)
        .uri(address)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_ENCODING, "zstd");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.body(Body::from(body)).expect("a request");
    let response = router.clone().oneshot(request).await.expect("an answer");
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 26)
        .await
        .expect("a body");
    if status < 300 {
        return Ok(bytes.to_vec());
    }
    let problem: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    Err((status, problem["code"].as_str().unwrap_or_default().to_owned()))
}

impl Phone {
    /// Its name.
    pub fn id(&self) -> DeviceId {
        DeviceId::of(&self.signing.public())
    }

    /// What its clock says.
    pub fn now(&self) -> Timestamp {
        clock::now().checked_add(self.clock_off).unwrap_or(Timestamp::MAX)
    }

    /// The public halves of its keys.
    pub fn keys(&self) -> DeviceKeys {
        DeviceKeys {
            signing: self.signing.public().0,
            transport: self.transport.public(),
            vault: self.vault.public(),
        }
    }

    /// Enrolls with a ticket.
    pub async fn enroll(&mut self, router: &Router, ticket: &str) -> Result<(), Refusal> {
        let ticket = Ticket::parse(ticket).expect("a ticket");
        let request = EnrollRequest::sign(&ticket.secret, self.keys(), AppInfo::default(), &self.signing);
        let request = request.expect("a request");
        let answer: EnrollAnswer = ask(router, ("POST", path::ENROLL), None, &request).await?;
        let root = TrustList::claimed_root(&answer.trust.0).expect("a trust list");
        assert!(ticket.is_root(&root), "another organization answers");
        self.take_trust(&answer.trust.0, &root);
        let trust = self.trust.as_ref().expect("a trust list");
        let enrolled = answer.enrolled.open(trust).expect("a signed answer");
        assert_eq!(enrolled.device, self.id());
        self.epoch = enrolled.epoch;
        self.setup = Some(enrolled.setup);
        Ok(())
    }

    fn take_trust(&mut self, signed: &[u8], root: &PublicKey) {
        let trust = TrustList::open(signed, root).expect("a trust list");
        let sync = trust
            .entries()
            .iter()
            .find(|key| key.purpose == Purpose::Sync && key.state == KeyState::Active);
        let sync = sync.expect("a sync key");
        let sealer = Sealer::new(self.id(), sync.kid, &sync.public, &mut OsRandom);
        self.sealer = Some(sealer.expect("a sealer"));
        self.trust = Some(trust);
    }

    /// What it says of itself.
    pub fn report(&self) -> Report {
        Report {
            clock: self.now().as_millisecond(),
            app: "test".into(),
            waiting: self.outbox.len() as u64,
            sequence: self.sequence,
            receipted: self.sequence - self.outbox.len() as u64,
            epoch: self.epoch,
            pool: u32::try_from(self.codes.len()).unwrap_or(u32::MAX),
            ..Report::default()
        }
    }

    /// Opens a session.
    pub async fn open(&mut self, router: &Router) -> Result<Standing, Refusal> {
        let place = ("POST", path::SESSION);
        let challenge: ChallengeAnswer = ask(router, place, None, &SessionRequest::ask(self.id())).await?;
        let request = SessionRequest::prove(&challenge.challenge, &self.report(), &self.signing);
        let answer: SessionAnswer = ask(router, place, None, &request.expect("a proof")).await?;
        self.token = Some(answer.token);
        let standing = answer.standing.open(self.trust.as_ref().expect("a trust list"));
        let standing = standing.expect("a signed standing");
        if standing.epoch != self.epoch {
            (self.epoch, self.after) = (standing.epoch, 0);
        }
        Ok(standing)
    }

    /// The session's token.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Seals a fact into the outbox.
    pub fn save(&mut self, user: u64, body: Fact) -> PacketId {
        let at = self.now();
        let id = PacketId::generate(at, &mut OsRandom).expect("randomness");
        self.sequence += 1;
        let fact = teranga_core::wire::fact::Fact { at, user, body };
        let sealer = self.sealer.as_mut().expect("an enrolled phone");
        let packet = sealer.seal((id, self.sequence), &fact, &self.signing);
        self.outbox.insert(self.sequence, packet.expect("a packet"));
        self.opened.insert(id, fact);
        id
    }

    /// Registers a person with a number of the pool, if there is one.
    pub fn register(&mut self, user: u64, person: Demographics) -> PacketId {
        let (place, today) = (&person.place, clock::today());
        let code = self.codes.pop();
        let mpi = code.and_then(|code| MpiId::reserved(&place.country, &place.region, today, &code).ok());
        let registered = Registered {
            mpi,
            program: None,
            consent: Consent {
                text: "registration".into(),
                version: 1,
                language: "fr".into(),
                how: Given::Spoken,
            },
            person,
            same: None,
            distinct: Vec::new(),
        };
        self.save(user, Fact::Registered(Box::new(registered)))
    }

    /// A registration under a name and sequence of the test's choice, outside of the outbox.
    pub fn sign_as(&mut self, id: PacketId, sequence: u64, person: Demographics, user: u64) -> SealedPacket {
        let (before, held) = (self.sequence, self.outbox.clone());
        self.register(user, person);
        let sealed = self
            .outbox
            .remove(&self.sequence)
            .expect("the packet just sealed");
        (self.sequence, self.outbox) = (before, held);
        let fact = self
            .opened
            .get(&sealed.id)
            .cloned()
            .expect("the fact just sealed");
        let sealer = self.sealer.as_mut().expect("an enrolled phone");
        sealer
            .seal((id, sequence), &fact, &self.signing)
            .expect("a packet")
    }

    /// Sends packets and takes the receipts.
    pub async fn send(&mut self, router: &Router, packets: &[SealedPacket]) -> Result<Receipts, Refusal> {
        let request = PacketsRequest::of(packets);
        let answer: PacketsAnswer = ask(router, ("POST", path::PACKETS), self.token(), &request).await?;
        let receipts = answer.receipts.open(self.trust.as_ref().expect("a trust list"));
        let receipts = receipts.expect("signed receipts");
        self.take(&receipts);
        Ok(receipts)
    }

    /// Takes receipts.
    pub fn take(&mut self, receipts: &Receipts) {
        assert_eq!(receipts.device, self.id());
        for receipt in &receipts.receipts {
            if receipt.outcome.is_final()
                && self.outbox.get(&receipt.sequence).map(|p| p.id) == Some(receipt.packet)
            {
                self.outbox.remove(&receipt.sequence);
                self.receipts.insert(receipt.packet, receipt.outcome.clone());
            }
        }
        let assigned = receipt::open_assigned(&self.vault, self.id(), &receipts.assigned);
        for Assigned { packet, mpi } in assigned.expect("numbers for this phone") {
            self.assigned.insert(packet, mpi);
        }
    }

    /// Sends everything that waits.
    pub async fn push(&mut self, router: &Router) -> Result<Receipts, Refusal> {
        let packets: Vec<SealedPacket> = self.outbox.values().take(100).cloned().collect();
        self.send(router, &packets).await
    }

    /// Fetches what the server has to say.
    pub async fn listen(&mut self, router: &Router) -> Result<Vec<Message>, Refusal> {
        let mut messages = Vec::new();
        loop {
            let place = format!("{}?after={}", path::DOWNLINK, self.after);
            let answer: DownlinkAnswer = ask(router, ("GET", &place), self.token(), &()).await?;
            let page = answer.page.open(self.trust.as_ref().expect("a trust list"));
            for item in page.expect("a signed page").items {
                let key = match item.to {
                    To::Transport => &self.transport,
                    To::Vault => &self.vault,
                };
                self.after = item.number;
                messages.push(item.open(self.id(), key).expect("a message for this phone"));
            }
            if !answer.more {
                break;
            }
        }
        for message in &messages {
            if let Message::Pool(pool) = message {
                self.codes.extend(pool.codes.iter().cloned());
            }
        }
        Ok(messages)
    }
}

/// Someone in Dakar, unlike others of another number.
pub fn somebody(number: u32) -> Demographics {
    const GIVEN: [&str; 8] = [
        "Awa", "Moussa", "Fatou", "Ibrahima", "Aminata", "Cheikh", "Mariama", "Ousmane",
    ];
    const FAMILY: [&str; 8] = ["Diop", "Ndiaye", "Sarr", "Faye", "Gueye", "Kane", "Mbaye", "Sow"];
    let pick = |list: [&str; 8], at: u32| list[(at % 8) as usize].to_owned();
    let year = 1940 + i16::try_from(number / 64 % 80).unwrap_or_default();
    Demographics {
        given: format!("{} {}", pick(GIVEN, number), pick(GIVEN, number / 512)),
        family: pick(FAMILY, number / 8),
        birth: Some(BirthDate::Month {
            year,
            month: i8::try_from(1 + number / 7 % 12).unwrap_or(1),
        }),
        sex: if number.is_multiple_of(2) {
            Sex::Female
        } else {
            Sex::Male
        },
        place: Place {
            country: "SN".into(),
            region: "DKR".into(),
            district: "Pikine".into(),
            ..Place::default()
        },
        ..Demographics::default()
    }
}
