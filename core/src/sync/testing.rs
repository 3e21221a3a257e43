//! A server in memory, and a network between it and a phone that does what bad networks do.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::future::Future;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use sha2::{Digest as _, Sha256};

use super::transport::{Method, Request, Response, Transport, TransportError};
use crate::card::key::Purpose;
use crate::card::signing::{PublicKey, SigningKey};
use crate::ids::OsRandom;
use crate::scan::testing::{Built, World, at, setup};
use crate::sensitive::Secret;
use crate::wire::batch::{self, PacketsAnswer, PacketsRequest};
use crate::wire::bundle::{BundleAnswer, KycAnswer};
use crate::wire::downlink::{DownlinkAnswer, Message, Page};
use crate::wire::enroll::{DeviceKeys, EnrollAnswer, EnrollRequest, Enrolled, Setup};
use crate::wire::fact::Body;
use crate::wire::packet::{Opener, SealedPacket};
use crate::wire::receipt::{Assigned, Outcome, Receipt, Receipts, seal_assigned};
use crate::wire::relay::{Answer, RelayAnswer, RelayRequest};
use crate::wire::session::{ChallengeAnswer, Held, SessionAnswer, SessionRequest, Standing, State};
use crate::wire::ticket::{Ticket, root_hash};
use crate::wire::{Base64, DeviceId, Signed, VERSION, path};

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It never leaves.
    Offline,
    /// It is lost on its way.
    Lost,
    /// It arrives, and the answer is lost.
    AnswerLost,
    /// It arrives, and half of the answer comes back.
    Half,
    /// A network's login page answers in the server's place.
    LoginPage,
    /// The server is being restarted.
    Busy,
}

/// Runs what never waits.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a network in memory never waits"),
    }
}

#[derive(Default)]
pub(crate) struct Holding {
    /// Packets by device and sequence.
    pub packets: BTreeMap<(DeviceId, u64), SealedPacket>,
    /// How often each packet arrived.
    pub arrivals: BTreeMap<(DeviceId, u64), u32>,
    pub devices: HashMap<DeviceId, DeviceKeys>,
    pub messages: Vec<Message>,
    pub bundle: Option<Built>,
    pub epoch: u64,
    pub setup: Option<Setup>,
    pub revoked: bool,
    /// Outcomes of packets by sequence; accepted when there is none.
    pub outcomes: BTreeMap<u64, Outcome>,
    /// Whatever is signed is signed for another device.
    pub confused: bool,
    /// Batches larger than this do not get through.
    pub narrow: Option<usize>,
    pub bundle_requests: u32,
}

pub(crate) struct Server {
    pub world: World,
    pub held: Mutex<Holding>,
    pub faults: Mutex<VecDeque<Option<Fault>>>,
    pub requests: Mutex<Vec<String>>,
}

const SECRET: [u8; 16] = [5; 16];
const TIME: &str = "2026-06-15T08:00:30Z";

impl Server {
    pub fn new() -> Self {
        Self {
            world: World::new(),
            held: Mutex::new(Holding {
                epoch: 1,
                setup: Some(setup()),
                ..Holding::default()
            }),
            faults: Mutex::default(),
            requests: Mutex::default(),
        }
    }

    pub fn ticket(&self) -> String {
        let ticket = Ticket {
            server: "https://server.test".into(),
            secret: Secret::take(&mut SECRET.clone()),
            root: root_hash(&self.world.root.public()),
        };
        ticket.to_text()
    }

    /// Another server with the same keys: another phone's view of the same organization.
    pub fn beside(other: &Self) -> Self {
        Self {
            world: World {
                root: SigningKey::from_seed(Purpose::Root, &other.world.root.seed()),
                publisher: SigningKey::from_seed(Purpose::Publisher, &other.world.publisher.seed()),
                sync: Secret::take(&mut other.world.sync.reveal().clone()),
                ..World::new()
            },
            ..Self::new()
        }
    }

    /// Knows the devices of another server as well.
    pub fn admit(&self, other: &Self) {
        let devices = other.held.lock().unwrap().devices.clone();
        self.held.lock().unwrap().devices.extend(devices);
    }

    fn relay(&self, body: &[u8]) -> (u16, Vec<u8>) {
        let request: RelayRequest = serde_json::from_slice(body).unwrap();
        let device = request.after[0].device;
        let packets = PacketsRequest {
            version: VERSION,
            batch: request.batch,
        };
        let packets = self.packets(&serde_json::to_vec(&packets).unwrap(), device).1;
        let page = self
            .downlink(&format!("after={}", request.after[0].after), device)
            .1;
        let answer = Answer {
            receipts: serde_json::from_slice::<PacketsAnswer>(&packets)
                .unwrap()
                .receipts,
            page: serde_json::from_slice::<DownlinkAnswer>(&page).unwrap().page,
        };
        let transport = self.held.lock().unwrap().devices[&device].transport;
        ok(&RelayAnswer {
            version: VERSION,
            carried: vec![answer.seal(device, &transport, &mut OsRandom).unwrap()],
        })
    }

    /// The next requests meet these faults, one each; none goes through.
    pub fn meet(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        *self.faults.lock().unwrap() = faults.into_iter().collect();
    }

    fn sign<T: crate::wire::Document>(&self, document: &T) -> Signed<T> {
        Signed::sign(document, &self.world.publisher).unwrap()
    }

    fn answer(&self, request: &Request) -> (u16, Vec<u8>) {
        let path = request.url.strip_prefix("https://server.test").unwrap();
        let body = request.body.clone().unwrap_or_default();
        let body = if body.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            zstd::bulk::decompress(&body, 1 << 20).unwrap()
        } else {
            body
        };
        let (route, query) = path.split_once('?').unwrap_or((path, ""));
        let device = request.token.as_ref().map(|token| token.parse().unwrap());
        match (request.method, route) {
            (Method::Post, path::ENROLL) => self.enroll(&body),
            (Method::Post, path::SESSION) => self.session(&body),
            (Method::Post, path::PACKETS) => self.packets(&body, device.unwrap()),
            (Method::Post, path::RELAY) => self.relay(&body),
            (Method::Get, path::DOWNLINK) => self.downlink(query, device.unwrap()),
            (Method::Get, path::BUNDLE) => self.bundle(),
            (Method::Get, kyc) if kyc.starts_with(path::KYC) => ok(&KycAnswer {
                version: VERSION,
                programs: u32::from(kyc.ends_with(&"07".repeat(32))) * 2,
            }),
            (Method::Get, part) => self.part(part, request.range.unwrap()),
            _ => (404, Vec::new()),
        }
    }

    fn enroll(&self, body: &[u8]) -> (u16, Vec<u8>) {
        let request: EnrollRequest = serde_json::from_slice(body).unwrap();
        let device = request.verify().unwrap();
        let mut held = self.held.lock().unwrap();
        if request.ticket.0 != SECRET || (!held.devices.is_empty() && !held.devices.contains_key(&device)) {
            return problem(403, crate::wire::code::TICKET, "the ticket was used");
        }
        held.devices.insert(device, request.keys);
        let enrolled = Enrolled {
            device,
            at: at(TIME).as_millisecond(),
            epoch: held.epoch,
            setup: held.setup.clone().unwrap(),
        };
        ok(&EnrollAnswer {
            version: VERSION,
            trust: Base64(self.world.trust().sign(&self.world.root).unwrap()),
            enrolled: self.sign(&enrolled),
        })
    }

    fn session(&self, body: &[u8]) -> (u16, Vec<u8>) {
        let request: SessionRequest = serde_json::from_slice(body).unwrap();
        let held = self.held.lock().unwrap();
        let Some(keys) = held.devices.get(&request.device) else {
            return problem(401, crate::wire::code::UNKNOWN_DEVICE, "who are you");
        };
        let Some(proof) = request.proof else {
            return ok(&ChallengeAnswer {
                version: VERSION,
                challenge: Base64(vec![7; 32]),
                expires_seconds: 60,
            });
        };
        proof.verify(&PublicKey(keys.signing)).unwrap();
        let mine = held
            .packets
            .keys()
            .filter(|(device, _)| *device == request.device);
        let standing = Standing {
            device: if held.confused {
                DeviceId([0; 16])
            } else {
                request.device
            },
            at: at(TIME).as_millisecond(),
            state: if held.revoked {
                State::Revoked
            } else {
                State::Active
            },
            epoch: held.epoch,
            held: Held::of(mine.map(|(_, sequence)| *sequence)),
            downlink: held.messages.len() as u64,
            come_back_seconds: 3_600,
        };
        ok(&SessionAnswer {
            version: VERSION,
            token: request.device.to_string(),
            expires_seconds: 600,
            standing: self.sign(&standing),
        })
    }

    fn packets(&self, body: &[u8], device: DeviceId) -> (u16, Vec<u8>) {
        let request: PacketsRequest = serde_json::from_slice(body).unwrap();
        let mut held = self.held.lock().unwrap();
        let keys = held.devices[&device];
        let (mut receipts, mut assigned) = (Vec::new(), Vec::new());
        for packet in batch::read(&request.batch.0).unwrap() {
            packet.verify(&PublicKey(keys.signing)).unwrap();
            let key = (device, packet.sequence);
            *held.arrivals.entry(key).or_default() += 1;
            let opener = Opener::new(device, packet.envelope, &self.world.sync).unwrap();
            let fact = opener.open(&packet).unwrap();
            if let Body::Registered(registered) = &fact.body {
                let mpi = registered.mpi.unwrap_or_else(|| mpi_of(packet.sequence));
                assigned.push(Assigned {
                    packet: packet.id,
                    mpi,
                });
            }
            let outcome = held.outcomes.get(&packet.sequence).cloned();
            let outcome = outcome.unwrap_or(Outcome::Accepted);
            receipts.push(Receipt {
                packet: packet.id,
                sequence: packet.sequence,
                outcome: outcome.clone(),
            });
            if outcome.is_final() {
                held.packets.insert(key, packet);
            }
        }
        let receipts = Receipts {
            device: if held.confused { DeviceId([0; 16]) } else { device },
            at: at(TIME).as_millisecond(),
            epoch: held.epoch,
            receipts,
            assigned: seal_assigned(&keys.vault, device, &assigned, &mut OsRandom).unwrap(),
        };
        ok(&PacketsAnswer {
            version: VERSION,
            receipts: self.sign(&receipts),
            come_back_seconds: 3_600,
        })
    }

    fn downlink(&self, query: &str, device: DeviceId) -> (u16, Vec<u8>) {
        let after: usize = query.strip_prefix("after=").unwrap().parse().unwrap();
        let held = self.held.lock().unwrap();
        let keys = held.devices[&device];
        let items: Vec<_> = held.messages.iter().enumerate().skip(after).take(2).collect();
        let page = Page {
            device,
            at: at(TIME).as_millisecond(),
            epoch: held.epoch,
            items: items
                .iter()
                .map(|(place, message)| {
                    message
                        .seal(*place as u64 + 1, (device, &keys), &mut OsRandom)
                        .unwrap()
                })
                .collect(),
        };
        ok(&DownlinkAnswer {
            version: VERSION,
            more: after + items.len() < held.messages.len(),
            page: self.sign(&page),
        })
    }

    fn bundle(&self) -> (u16, Vec<u8>) {
        let mut held = self.held.lock().unwrap();
        held.bundle_requests += 1;
        if held.revoked {
            return problem(403, crate::wire::code::REVOKED, "the device was revoked");
        }
        match &held.bundle {
            None => (304, Vec::new()),
            Some(built) => ok(&BundleAnswer {
                version: VERSION,
                manifest: Base64(built.manifest.clone()),
            }),
        }
    }

    fn part(&self, route: &str, (first, last): (u64, u64)) -> (u16, Vec<u8>) {
        let name = route.strip_prefix(path::PARTS).unwrap().trim_start_matches('/');
        let held = self.held.lock().unwrap();
        let parts = &held.bundle.as_ref().unwrap().parts;
        let part = parts
            .iter()
            .find(|(_, bytes)| data_encoding::HEXLOWER.encode(&Sha256::digest(bytes)) == name);
        let (_, bytes) = part.unwrap();
        (206, bytes[first as usize..=last as usize].to_vec())
    }
}

/// The number that the server gives to a registration without one.
pub(crate) fn mpi_of(sequence: u64) -> crate::person::MpiId {
    crate::person::MpiId::parse(&format!("SN-KLD-26-{sequence:08}")).unwrap()
}

fn ok(answer: &impl serde::Serialize) -> (u16, Vec<u8>) {
    (200, serde_json::to_vec(answer).unwrap())
}

fn problem(status: u16, code: &str, detail: &str) -> (u16, Vec<u8>) {
    let problem = serde_json::json!({ "title": "No", "code": code, "detail": detail });
    (status, serde_json::to_vec(&problem).unwrap())
}

impl Transport for Server {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.requests.lock().unwrap().push(request.url.clone());
        let fault = self.faults.lock().unwrap().pop_front().flatten();
        let narrow = self.held.lock().unwrap().narrow;
        let too_wide = narrow.is_some_and(|most| request.body.as_ref().is_some_and(|body| body.len() > most));
        let too_long = narrow.is_some_and(|most| {
            let wanted = request.range.map_or(0, |(first, last)| last - first + 1);
            wanted > most as u64
        });
        if too_wide || too_long {
            return Err(TransportError::Broken);
        }
        match fault {
            Some(Fault::Offline) => return Err(TransportError::Offline),
            Some(Fault::Lost) => return Err(TransportError::Broken),
            Some(Fault::LoginPage) => {
                return Ok(Response {
                    status: 200,
                    body: b"<html>Welcome to the airport".to_vec(),
                    etag: None,
                });
            }
            Some(Fault::Busy) => {
                return Ok(Response {
                    status: 503,
                    ..Response::default()
                });
            }
            Some(Fault::AnswerLost | Fault::Half) | None => {}
        }
        let (status, mut body) = self.answer(&request);
        match fault {
            Some(Fault::AnswerLost) => return Err(TransportError::Broken),
            Some(Fault::Half) => body.truncate(body.len() / 2),
            _ => {}
        }
        Ok(Response {
            status,
            body,
            etag: (request.url.ends_with(path::BUNDLE)).then(|| "\"1\"".to_owned()),
        })
    }
}
