//! A whole verdict, and opening a bundle: 50,000 people, their ids, the status of ten million cards.

use std::hint::black_box;
use std::time::Instant;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use teranga_core::card::key::{Kid, Purpose};
use teranga_core::card::payload::{Claims, SignedCard};
use teranga_core::card::signing::{PublicKey, SigningKey};
use teranga_core::card::text::Form;
use teranga_core::card::token::{CardNonce, Token, TokenHash};
use teranga_core::card::trust::{KeyState, Scope, TrustEntry, TrustList};
use teranga_core::ids::OsRandom;
use teranga_core::person::{BirthDate, Demographics, ExternalId, MpiId, Place, Sex};
use teranga_core::registry::bundle::Opened;
use teranga_core::registry::bundle::files::Disk;
use teranga_core::registry::bundle::folder::Folder;
use teranga_core::registry::bundle::manifest::{Kind, Manifest, Part};
use teranga_core::registry::bundle::numbers::{Numbered, Numbers};
use teranga_core::registry::bundle::people::{self, Known};
use teranga_core::registry::bundle::{part, seal::Cipher};
use teranga_core::registry::filter::Key;
use teranga_core::registry::{Freshness, Handle, Status, Statuses};
use teranga_core::sensitive::Secret;
use teranga_core::verify::{ClockFloor, Post, scan};

use super::world;

const PEOPLE: usize = 50_000;
const TURNS: u32 = 2_000;

/// Measures.
pub fn run() -> anyhow::Result<Value> {
    let (root, publisher, issuer) = (
        key(Purpose::Root, 1),
        key(Purpose::Publisher, 2),
        key(Purpose::Issuer, 3),
    );
    let trust = trust(&root, [&publisher, &issuer])?;
    let place = tempfile::tempdir()?;
    let mut folder = Folder::new(Disk::open(place.path())?);
    let bytes = build(&mut folder, &trust, &root, &publisher, issuer.kid())?;
    let text = card(&issuer)?;

    let (mut opening, mut opened) = (Vec::new(), None);
    for _ in 0..20 {
        let start = Instant::now();
        let bundle = Opened::open(&folder, &root.public())?;
        black_box(verdict(&bundle, &text));
        opening.push(start.elapsed().as_secs_f64() * 1e3);
        opened = Some(bundle);
    }
    let bundle = opened.ok_or_else(|| anyhow::anyhow!("no bundle"))?;
    let start = Instant::now();
    (0..TURNS).for_each(|_| {
        black_box(verdict(&bundle, black_box(&text)));
    });
    let verdict_us = start.elapsed().as_secs_f64() * 1e6 / f64::from(TURNS);
    opening.sort_by(f64::total_cmp);
    Ok(json!({
        "verdict_us": verdict_us,
        "open_ms": opening[opening.len() / 2],
        "bundle_bytes": bytes.iter().map(|part| part.size).sum::<u64>(),
        "parts": bytes.iter().map(|part| json!([part.kind.name(), part.size])).collect::<Vec<_>>(),
        "verdict": format!("{:?}", verdict(&bundle, &text).finding),
    }))
}

fn verdict(bundle: &Opened, text: &str) -> teranga_core::verify::Verdict {
    let now = Timestamp::constant(1_772_600_000, 0);
    let clock = ClockFloor {
        device: now,
        trusted: Some(bundle.manifest.built),
    };
    let statuses = bundle
        .statuses
        .as_ref()
        .map(|held| held as &dyn Statuses)
        .unwrap_or(&NoList);
    scan(
        text,
        &Post {
            trust: &bundle.trust,
            statuses,
            ids: None,
            holders: None,
            campaign: None,
            clock,
        },
    )
}

/// A bundle without a status list.
struct NoList;

impl Statuses for NoList {
    fn status(&self, _: &TokenHash, _: Date, _: Kid) -> Status {
        Status::NewerThanList
    }

    fn freshness(&self) -> Option<Freshness> {
        None
    }
}

fn key(purpose: Purpose, seed: u8) -> SigningKey {
    SigningKey::from_seed(purpose, &Secret::take(&mut [seed; 32]))
}

fn trust(root: &SigningKey, keys: [&SigningKey; 2]) -> anyhow::Result<TrustList> {
    let mut trust = TrustList::new(1, world::ISSUED, "Bench", root.public());
    for key in keys {
        let PublicKey(public) = key.public();
        let scope = match key.purpose() {
            Purpose::Issuer => Scope::Campaign("POLIO26".to_owned()),
            _ => Scope::Organisation,
        };
        let (not_before, not_after) = (date(2026, 1, 1), date(2027, 1, 1));
        let (kid, purpose, state) = (key.kid(), key.purpose(), KeyState::Active);
        trust.add(TrustEntry {
            kid,
            purpose,
            public,
            scope,
            not_before,
            not_after,
            state,
        })?;
    }
    Ok(trust)
}

fn card(issuer: &SigningKey) -> anyhow::Result<String> {
    let id = MpiId::parse("SN-DKR-26-9XQ7LM2A")?;
    let token = Token::of_card(
        &Secret::take(&mut [4; 32]),
        &id,
        "POLIO26",
        &CardNonce::generate(&mut OsRandom)?,
    );
    let claims = Claims {
        token,
        issued: world::ISSUED,
        expires: date(2027, 2, 1),
    };
    Ok(Form::Compact.write(&SignedCard::issue(issuer, &claims)?))
}

/// Builds the bundle; gives its parts.
fn build(
    folder: &mut Folder<Disk>,
    trust: &TrustList,
    root: &SigningKey,
    publisher: &SigningKey,
    kid: Kid,
) -> anyhow::Result<Vec<Part>> {
    let list = world::list(world::filter(kid, 100)?)?.sign(publisher)?;
    let (ids, key) = (mpi_ids()?, Secret::generate(&mut OsRandom)?);
    let mut people = Vec::new();
    people::write(
        &mut people,
        &key,
        ids.iter().enumerate().map(|(at, id)| person(at, *id, &key)),
    )?;
    let numbers = Numbers::of(key, &numbered(&ids, kid))?.to_bytes();
    let contents = [
        (Kind::Trust, trust.sign(root)?),
        (Kind::Status, list),
        (Kind::People, people),
        (Kind::Ids, numbers),
    ];
    let mut parts = Vec::new();
    for (kind, contents) in contents {
        let (part, stored) = if kind.is_sealed() {
            let mut sealed = Vec::new();
            let part_key = Secret::generate(&mut OsRandom)?;
            (
                part::seal(
                    &contents[..],
                    &mut sealed,
                    Cipher::Aes256Gcm,
                    &part_key,
                    (kind, 1),
                )?,
                sealed,
            )
        } else {
            (part::store(kind, 1, &contents), contents)
        };
        folder.write(&part, 0, &stored)?;
        folder.keep(&part)?;
        parts.push(part);
    }
    let built = "2026-03-01T02:00:00Z".parse()?;
    let manifest = Manifest {
        number: 1,
        built,
        parts,
        recipients: Vec::new(),
    };
    Ok(folder.switch(trust, &manifest.sign(publisher)?, 0)?.parts)
}

fn mpi_ids() -> anyhow::Result<Vec<MpiId>> {
    let id = |at: usize| {
        let tail = data_encoding::BASE32
            .encode(&world::token(at as u64)[..5])
            .replace(['I', 'O'], "8");
        Ok(MpiId::parse(&format!("SN-DKR-26-{tail}"))?)
    };
    (0..PEOPLE).map(id).collect()
}

fn numbered(ids: &[MpiId], kid: Kid) -> Vec<Numbered> {
    let card = |(at, id): (usize, &MpiId)| Numbered {
        key: Key::of(&world::token(at as u64)),
        kid,
        campaign: Some("POLIO26".to_owned()),
        issued: world::ISSUED,
        expires: date(2027, 2, 1),
        // A card code takes the room of another number of the person.
        handles: vec![Handle::Mpi(*id), Handle::Mpi(ids[(at + 1) % ids.len()])],
    };
    ids.iter().enumerate().map(card).collect()
}

/// A person of made-up names of a district, of a share of the sizes that real registers have.
fn person(at: usize, mpi: MpiId, key: &Secret<32>) -> Known {
    const GIVEN: [&str; 24] = [
        "Aminata",
        "Fatou",
        "Awa",
        "Mariama",
        "Khady",
        "Ndeye",
        "Aissatou",
        "Coumba",
        "Rokhaya",
        "Binta",
        "Sokhna",
        "Astou",
        "Mamadou",
        "Ousmane",
        "Ibrahima",
        "Cheikh",
        "Abdoulaye",
        "Moussa",
        "Modou",
        "Alioune",
        "Babacar",
        "Serigne",
        "Pape",
        "Samba",
    ];
    const FAMILY: [&str; 16] = [
        "Diop", "Ndiaye", "Fall", "Sow", "Ba", "Diallo", "Gueye", "Faye", "Sarr", "Seck", "Cisse", "Sy",
        "Thiam", "Camara", "Mbaye", "Niang",
    ];
    let random = world::token(at as u64 ^ 0xff_ffff);
    let pick = |place: usize, of: usize| usize::from(random[place]) % of;
    let village = format!("Keur {} {}", FAMILY[pick(4, 16)], pick(5, 12));
    let born = Date::new(
        1940 + pick(6, 85) as i16,
        1 + pick(7, 12) as i8,
        1 + pick(8, 28) as i8,
    );
    let person = Demographics {
        given: format!("{} {}", GIVEN[pick(0, 24)], GIVEN[pick(1, 24)]),
        family: FAMILY[pick(2, 16)].to_owned(),
        birth: born.ok().map(BirthDate::Day),
        sex: if random[3].is_multiple_of(2) {
            Sex::Female
        } else {
            Sex::Male
        },
        place: Place {
            country: "SN".into(),
            region: "DKR".into(),
            village,
            ..Place::default()
        },
        identifiers: vec![ExternalId {
            system: "dhis2".into(),
            value: at.to_string(),
            verified: false,
        }],
        ..Demographics::default()
    };
    Known::of(mpi, &person, key)
}
