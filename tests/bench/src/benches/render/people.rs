//! People who do not exist, with cards that are signed.

use jiff::civil::date;
use teranga_core::card::key::Purpose;
use teranga_core::card::payload::{Claims, SignedCard};
use teranga_core::card::signing::SigningKey;
use teranga_core::card::text::{Form, Host};
use teranga_core::card::token::{CardNonce, Token};
use teranga_core::ids::OsRandom;
use teranga_core::person::MpiId;
use teranga_core::sensitive::Secret;
use teranga_render::data::CardData;

const GIVEN: [&str; 12] = [
    "Aminata",
    "Fatou",
    "Mariama",
    "Khady",
    "Rokhaya",
    "Mamadou",
    "Ousmane",
    "Ibrahima",
    "Cheikh",
    "Abdoulaye",
    "Moussa",
    "Babacar",
];
const FAMILY: [&str; 12] = [
    "Diop", "Ndiaye", "Fall", "Sow", "Diallo", "Gueye", "Faye", "Sarr", "Cissé", "Thiam", "Camara", "Mbaye",
];

/// What so many cards say; each another person and another code.
pub fn cards(count: usize) -> anyhow::Result<Vec<CardData>> {
    let key = SigningKey::from_seed(Purpose::Issuer, &Secret::take(&mut [3; 32]));
    (0..count).map(|at| card(at, &key)).collect()
}

/// The same people as a spreadsheet for the real program.
pub fn spreadsheet(count: usize) -> String {
    let row = |at: usize| {
        let (name, born) = (name(at), born(at));
        format!(
            "{name},{born},Guédiawaye,SN-DKR-26-{:08},2026-03-14,dBw{at:08}\n",
            number(at)
        )
    };
    let head = "Name,Date of birth,District,MPI id,Enrolled,Tracked entity\n".to_owned();
    head + &(0..count).map(row).collect::<String>()
}

fn name(at: usize) -> String {
    format!(
        "{} {} {}",
        GIVEN[at % 12],
        GIVEN[at / 12 % 12],
        FAMILY[at / 7 % 12]
    )
}

fn born(at: usize) -> String {
    format!("{:02}/{:02}/{}", at % 28 + 1, at % 12 + 1, 1940 + at % 80)
}

/// Digits that do not repeat for many people.
fn number(at: usize) -> usize {
    at * 7_919 % 99_999_989
}

fn card(at: usize, key: &SigningKey) -> anyhow::Result<CardData> {
    let id = MpiId::parse("SN-DKR-26-9XQ7LM2A")?;
    let nonce = CardNonce::generate(&mut OsRandom)?;
    let claims = Claims {
        token: Token::of_card(&Secret::take(&mut [4; 32]), &id, "POLIO26", &nonce),
        issued: date(2026, 3, 14),
        expires: date(2028, 3, 14),
    };
    let host = Host::new("v.example.org")?;
    Ok(CardData {
        mpi_id: format!("SN-DKR-26-{:08}", number(at)),
        programme: "Expanded Programme on Immunization".into(),
        attributes: vec![
            ("Name".into(), name(at)),
            ("Date of birth".into(), born(at)),
            ("District".into(), "Guédiawaye".into()),
            ("Facility".into(), format!("Poste de santé {}", at % 97)),
        ],
        name: name(at),
        enrolled: Some(date(2026, 3, 14)),
        expires: Some(date(2028, 3, 13)),
        tracked_entity: format!("dBw{:08}", at * 31 % 99_999_999),
        card_code: format!("7KQ2-{:04}-9PWA-3", at % 10_000),
        qr: Form::Url(host).write(&SignedCard::issue(key, &claims)?),
        ..CardData::default()
    })
}
