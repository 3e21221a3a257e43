use super::*;
use crate::card::key::Purpose;
use crate::card::signing::PublicKey;
use crate::card::trust::{KeyState, Scope, TrustEntry, TrustList};
use crate::ids::OsRandom;
use crate::person::MpiId;
use crate::sensitive::Secret;
use crate::wire::batch::{PacketsAnswer, PacketsRequest};
use crate::wire::bundle::{BundleAnswer, KycAnswer};
use crate::wire::downlink::{Blank, DownlinkAnswer, Message, Page, Pool, To};
use crate::wire::enroll::{
    AppInfo, ConsentText, DeviceKeys, EnrollAnswer, EnrollRequest, Enrolled, Policy, Program, Setup, User,
};
use crate::wire::receipt::{self, Assigned, Outcome, Receipt, Receipts, refusal};
use crate::wire::relay::{After, Answer, RelayAnswer, RelayRequest};
use crate::wire::session::{ChallengeAnswer, Held, Report, SessionAnswer, SessionRequest, Standing, State};
use crate::wire::ticket::{Ticket, root_hash};
use crate::wire::{Base64, DeviceKey, Signed, VERSION, WireError};

fn publisher() -> SigningKey {
    SigningKey::generate(Purpose::Publisher, &mut Counter(20)).unwrap()
}

fn trust() -> TrustList {
    let day = date(2026, 1, 1);
    let mut trust = TrustList::new(1, day, "Test", PublicKey([1; 32]));
    let entry = TrustEntry {
        kid: publisher().kid(),
        purpose: Purpose::Publisher,
        public: publisher().public().0,
        scope: Scope::Organisation,
        not_before: day,
        not_after: date(2036, 1, 1),
        state: KeyState::Active,
    };
    trust.add(entry).unwrap();
    trust
}

fn keys() -> (DeviceKeys, DeviceKey, DeviceKey) {
    let (transport, vault) = (
        DeviceKey::generate(&mut Counter(30)).unwrap(),
        DeviceKey::generate(&mut Counter(70)).unwrap(),
    );
    let public = DeviceKeys {
        signing: device_key().public().0,
        transport: transport.public(),
        vault: vault.public(),
    };
    (public, transport, vault)
}

fn setup() -> Setup {
    Setup {
        number: 4,
        organisation: "Ministry".into(),
        name: "Phone 7".into(),
        area: Place {
            country: "SN".into(),
            region: "DKR".into(),
            ..Place::default()
        },
        users: vec![User {
            id: 12,
            name: "Fatou".into(),
            role: "enrollment-agent".into(),
        }],
        programs: vec![Program {
            id: 3,
            code: "polio".into(),
            name: "Vaccination".into(),
            campaigns: vec!["POLIO26".into()],
            check: HolderCheck::Name,
        }],
        consents: vec![ConsentText {
            text: "registration".into(),
            version: 2,
            language: "fr".into(),
            words: "Acceptez-vous ?".into(),
        }],
        policy: Policy::default(),
    }
}

fn receipts() -> Receipts {
    let outcomes = [
        Outcome::Accepted,
        Outcome::Linked,
        Outcome::Review,
        Outcome::Refused {
            code: refusal::PERSON.into(),
            why: "the name is empty".into(),
            action: "correct the registration and send it again".into(),
        },
        Outcome::Kept,
        Outcome::Later {
            why: "the server is busy".into(),
        },
    ];
    let receipt = |(at, outcome): (u8, Outcome)| Receipt {
        packet: packet_id(at),
        sequence: u64::from(at) + 1,
        outcome,
    };
    let assigned = [Assigned {
        packet: packet_id(0),
        mpi: mpi(),
    }];
    Receipts {
        device: device(),
        at: now().as_millisecond(),
        epoch: 1,
        receipts: (0..).zip(outcomes).map(receipt).collect(),
        assigned: receipt::seal_assigned(&keys().0.vault, device(), &assigned, &mut Counter(40)).unwrap(),
    }
}

fn messages() -> Vec<Message> {
    vec![
        Message::Lock,
        Message::Unlock,
        Message::Wipe,
        Message::EnableUser { user: 12 },
        Message::Setup(Box::new(setup())),
        Message::Decided {
            packet: packet_id(0),
            outcome: Outcome::Linked,
        },
        Message::Pool(Pool {
            codes: vec!["9XQ7LM2A".into()],
            blanks: vec![Blank {
                lot: "LOT7".into(),
                serial: "000123".into(),
                token: [9; 32],
            }],
        }),
        Message::Numbered {
            packet: packet_id(0),
            mpi: mpi(),
        },
        Message::Corrected {
            mpi: mpi(),
            person: Box::new(person()),
        },
    ]
}

fn page() -> Page {
    let keys = keys().0;
    let seal = |(number, message): (u64, Message)| message.seal(number, (device(), &keys), &mut Counter(9));
    Page {
        device: device(),
        at: now().as_millisecond(),
        epoch: 1,
        items: (1..).zip(messages()).map(seal).collect::<Result<_, _>>().unwrap(),
    }
}

fn standing() -> Standing {
    Standing {
        device: device(),
        at: now().as_millisecond(),
        state: State::Active,
        epoch: 1,
        held: Held::of([1, 2, 3, 7, 8, 20]),
        downlink: 9,
        come_back_seconds: 900,
    }
}

fn ticket() -> Ticket {
    Ticket {
        server: "https://teranga.example.org".into(),
        secret: Secret::generate(&mut Counter(3)).unwrap(),
        root: root_hash(&PublicKey([1; 32])),
    }
}

#[test]
fn the_requests_are_written_as_they_were() {
    let report = Report {
        clock: now().as_millisecond(),
        app: "1.0".into(),
        screen_lock: Some(true),
        ..Report::default()
    };
    let challenge = Base64(vec![1, 2, 3]);
    let enroll = EnrollRequest::sign(&ticket().secret, keys().0, AppInfo::default(), &device_key());
    insta::assert_json_snapshot!("enroll_request", enroll.unwrap());
    insta::assert_json_snapshot!("session_ask", SessionRequest::ask(device()));
    let proof = SessionRequest::prove(&challenge, &report, &device_key()).unwrap();
    insta::assert_json_snapshot!("session_prove", proof);
    insta::assert_json_snapshot!("packets_request", PacketsRequest::of(&[]));
    let after = vec![After {
        device: device(),
        after: 4,
    }];
    insta::assert_json_snapshot!(
        "relay_request",
        RelayRequest {
            version: VERSION,
            batch: Base64::default(),
            after
        }
    );
}

#[test]
fn the_answers_are_written_as_they_were() {
    let (publisher, version) = (publisher(), VERSION);
    let enrolled = Enrolled {
        device: device(),
        at: now().as_millisecond(),
        epoch: 1,
        setup: setup(),
    };
    insta::assert_json_snapshot!("enrolled", enrolled);
    let enrolled = Signed::sign(&enrolled, &publisher).unwrap();
    insta::assert_json_snapshot!(
        "enroll_answer",
        EnrollAnswer {
            version,
            trust: Base64(vec![1]),
            enrolled
        }
    );
    let challenge = Base64(vec![1]);
    insta::assert_json_snapshot!(
        "challenge_answer",
        ChallengeAnswer {
            version,
            challenge,
            expires_seconds: 60
        }
    );
    insta::assert_json_snapshot!("standing", standing());
    let standing = Signed::sign(&standing(), &publisher).unwrap();
    let session = SessionAnswer {
        version,
        token: "t".into(),
        expires_seconds: 3600,
        standing,
    };
    insta::assert_json_snapshot!("session_answer", session);
    insta::assert_json_snapshot!("receipts", receipts());
    let receipts = Signed::sign(&receipts(), &publisher).unwrap();
    insta::assert_json_snapshot!(
        "packets_answer",
        PacketsAnswer {
            version,
            receipts,
            come_back_seconds: 900
        }
    );
    insta::assert_json_snapshot!("messages", messages());
    insta::assert_json_snapshot!("page", page());
    let page = Signed::sign(&page(), &publisher).unwrap();
    insta::assert_json_snapshot!(
        "downlink_answer",
        DownlinkAnswer {
            version,
            page,
            more: false
        }
    );
    insta::assert_json_snapshot!(
        "bundle_answer",
        BundleAnswer {
            version,
            manifest: Base64(vec![1])
        }
    );
    insta::assert_json_snapshot!("kyc_answer", KycAnswer { version, programs: 2 });
    insta::assert_json_snapshot!(
        "relay_answer",
        RelayAnswer {
            version,
            carried: Vec::new()
        }
    );
    insta::assert_snapshot!("ticket", ticket().to_text());
}

#[test]
fn a_ticket_reads_back_and_stays_in_the_alphanumeric_mode_of_qr() {
    let (ticket, text) = (ticket(), ticket().to_text());
    assert!(
        text.bytes()
            .all(|byte| b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".contains(&byte))
    );
    let read = Ticket::parse(&format!(" {text}\n")).unwrap();
    assert!(read.secret.same_as(&ticket.secret) && read.is_root(&PublicKey([1; 32])));
    assert_eq!(read.server, ticket.server);
    for text in [
        "",
        "TRGE1:",
        "TRG1:AB",
        "TRGE1:é",
        &text[..text.len() - 3],
        &"TRGE1:A".repeat(500),
    ] {
        assert!(Ticket::parse(text).is_err(), "{text:.20}");
    }
}

#[test]
fn a_request_to_be_enrolled_counts_for_its_keys_and_ticket_only() {
    let request = EnrollRequest::sign(&ticket().secret, keys().0, AppInfo::default(), &device_key()).unwrap();
    assert_eq!(request.verify(), Ok(device()));
    let mut other = request.clone();
    other.keys.vault = [1; 32];
    assert_eq!(other.verify(), Err(WireError::BadSignature));
    let mut other = request;
    other.ticket.0[0] ^= 1;
    assert_eq!(other.verify(), Err(WireError::BadSignature));
}

#[test]
fn a_proof_counts_for_its_challenge_and_report_only() {
    let request = SessionRequest::prove(&Base64(vec![7; 32]), &Report::default(), &device_key()).unwrap();
    let proof = request.proof.unwrap();
    assert_eq!(proof.verify(&device_key().public()), Ok(Report::default()));
    let other = SigningKey::generate(Purpose::Device, &mut OsRandom).unwrap();
    assert_eq!(proof.verify(&other.public()), Err(WireError::BadSignature));
    for change in [0, 1] {
        let mut changed = proof.clone();
        let bytes = if change == 0 {
            &mut changed.challenge.0
        } else {
            &mut changed.report.0
        };
        bytes[0] ^= 1;
        assert_eq!(
            changed.verify(&device_key().public()),
            Err(WireError::BadSignature)
        );
    }
}

#[test]
fn a_signed_document_opens_for_its_kind_only() {
    let signed = Signed::sign(&standing(), &publisher()).unwrap();
    assert_eq!(signed.open(&trust()), Ok(standing()));
    let as_page = Signed::<Page>::from_bytes(signed.as_bytes().to_vec());
    assert!(
        as_page.open(&trust()).is_err(),
        "a signature stands for its context only"
    );
    let mut changed = signed.as_bytes().to_vec();
    changed[10] ^= 1;
    assert!(Signed::<Standing>::from_bytes(changed).open(&trust()).is_err());
}

#[test]
fn messages_open_with_the_key_they_name_and_no_other() {
    let (_, transport, vault) = keys();
    for (item, message) in page().items.iter().zip(messages()) {
        let (right, wrong) = match item.to {
            To::Transport => (&transport, &vault),
            To::Vault => (&vault, &transport),
        };
        assert!(item.open(device(), right) == Ok(message));
        assert!(item.open(device(), wrong) == Err(WireError::CannotOpen));
        assert!(item.open(DeviceId([0; 16]), right) == Err(WireError::CannotOpen));
    }
}

#[test]
fn what_is_personal_waits_for_a_pin() {
    for message in messages() {
        let json = serde_json::to_string(&message).unwrap();
        let is_personal = ["9XQ7LM2A", "Mamadou"].iter().any(|word| json.contains(word));
        assert_eq!(is_personal, message.to() == To::Vault, "{json:.40}");
    }
}

#[test]
fn numbers_come_beside_the_receipts_for_the_vault_alone() {
    let (receipts, (_, transport, vault)) = (receipts(), keys());
    let json = serde_json::to_string(&receipts).unwrap();
    assert!(!json.contains("DKR"));
    let assigned = receipt::open_assigned(&vault, device(), &receipts.assigned).unwrap();
    assert_eq!(assigned[0].mpi, MpiId::parse("SN-DKR-26-9XQ7LM2A").unwrap());
    assert!(receipt::open_assigned(&transport, device(), &receipts.assigned).is_err());
    assert_eq!(
        receipt::open_assigned(&vault, device(), &Base64::default()),
        Ok(Vec::new())
    );
}

#[test]
fn what_is_carried_opens_for_its_device_only() {
    let (keys, transport, vault) = keys();
    let answer = Answer {
        receipts: Signed::sign(&receipts(), &publisher()).unwrap(),
        page: Signed::sign(&page(), &publisher()).unwrap(),
    };
    let carried = answer.seal(device(), &keys.transport, &mut OsRandom).unwrap();
    assert_eq!(carried.open(&transport), Ok(answer));
    assert_eq!(carried.open(&vault), Err(WireError::CannotOpen));
}

#[test]
fn what_is_held_is_told_by_ranges() {
    let held = Held::of([1, 2, 3, 7, 8, 20]);
    assert_eq!((held.through, &held.beyond[..]), (3, &[(7, 8), (20, 20)][..]));
    let holds: Vec<u64> = (1..=21).filter(|&sequence| held.holds(sequence)).collect();
    assert_eq!(holds, [1, 2, 3, 7, 8, 20]);
    assert_eq!(Held::of([]), Held::default());
    assert_eq!(Held::of((1..10_000).map(|n| n * 2)).beyond.len(), Held::MOST);
}
