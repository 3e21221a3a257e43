//! Printing cards as PNG: one thread, 300 dpi, every card another person with another code.

use std::hint::black_box;
use std::sync::Arc;

use teranga_core::card::key::Purpose;
use teranga_core::card::payload::{Claims, SignedCard};
use teranga_core::card::signing::SigningKey;
use teranga_core::card::text::Form;
use teranga_core::card::token::Token;
use teranga_core::ids::OsRandom;
use teranga_core::person::MpiId;
use teranga_core::sensitive::Secret;
use teranga_render::config::CardConfig;
use teranga_render::data::CardData;
use teranga_render::paint::press::Press;
use teranga_render::paint::{Face, plain};
use teranga_render::scene::{Layout, Logos};

use crate::figures::Figures;
use crate::stopwatch::timed;

const CARDS: usize = 3_000;
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

/// Measures.
pub fn run() -> anyhow::Result<Figures> {
    let mut figures = Figures::default();
    let people = people()?;
    let config = CardConfig::of("sovereign");
    let layout = Arc::new(Layout::new(config.template()?, &config, &Logos::default())?);
    let (press, compile) = timed(|| Press::new(Arc::clone(&layout), Face::Front, 300, &people[..8]));
    let press = press?;
    figures.add(
        "png_compile_ms",
        compile * 1e3,
        "making a template ready, once a batch",
    );

    let mut printer = press.printer();
    let mut bytes = 0;
    let (result, seconds) = timed(|| -> anyhow::Result<()> {
        for person in &people {
            bytes += black_box(printer.png(&layout.card(person)?)?).len();
        }
        Ok(())
    });
    result?;
    figures.add(
        "png_per_s",
        CARDS as f64 / seconds,
        "fronts of sovereign a second, from data to file",
    );
    figures.add("png_kib", bytes as f64 / CARDS as f64 / 1024.0, "KiB a file");

    let some = &people[..CARDS / 10];
    let (result, seconds) = timed(|| -> anyhow::Result<()> {
        for person in some {
            black_box(printer.checked_png(&layout.card(person)?)?);
        }
        Ok(())
    });
    result?;
    figures.add(
        "png_readback_per_s",
        some.len() as f64 / seconds,
        "with the code read back from the pixels",
    );

    let few = &people[..30];
    let (result, seconds) = timed(|| -> anyhow::Result<()> {
        for person in few {
            black_box(plain::side(&layout, &layout.card(person)?, Face::Front, 300)?.png()?);
        }
        Ok(())
    });
    result?;
    figures.add(
        "png_plain_per_s",
        few.len() as f64 / seconds,
        "the simple painter: tiny-skia and the png crate",
    );
    let (result, seconds) = timed(|| {
        people
            .iter()
            .try_for_each(|person| layout.card(person).map(|card| _ = black_box(card)))
    });
    result?;
    figures.add(
        "scene_per_s",
        CARDS as f64 / seconds,
        "text, fitting and code alone",
    );
    Ok(figures)
}

/// People who do not exist, with cards that are signed.
fn people() -> anyhow::Result<Vec<CardData>> {
    let key = SigningKey::from_seed(Purpose::Issuer, &Secret::take(&mut [3; 32]));
    let id = MpiId::parse("SN-DKR-26-9XQ7LM2A")?;
    let person = |at: usize| {
        let nonce = teranga_core::card::token::CardNonce::generate(&mut OsRandom)?;
        let token = Token::of_card(&Secret::take(&mut [4; 32]), &id, "POLIO26", &nonce);
        let claims = Claims {
            token,
            issued: jiff::civil::date(2026, 3, 14),
            expires: jiff::civil::date(2028, 3, 14),
        };
        let host = teranga_core::card::text::Host::new("v.example.org")?;
        let name = format!(
            "{} {} {}",
            GIVEN[at % 12],
            GIVEN[at / 12 % 12],
            FAMILY[at / 7 % 12]
        );
        Ok(CardData {
            mpi_id: format!("SN-DKR-26-{:08}", at * 7_919 % 99_999_989),
            programme: "Expanded Programme on Immunization".into(),
            attributes: vec![
                ("Name".into(), name.clone()),
                (
                    "Date of birth".into(),
                    format!("{:02}/{:02}/{}", at % 28 + 1, at % 12 + 1, 1940 + at % 80),
                ),
                ("District".into(), "Guédiawaye".into()),
                ("Facility".into(), format!("Poste de santé {}", at % 97)),
            ],
            name,
            enrolled: Some(jiff::civil::date(2026, 3, 14)),
            tracked_entity: format!("dBw{:08}", at * 31 % 99_999_999),
            card_code: format!("7KQ2-{:04}-9PWA-3", at),
            qr: Form::Url(host).write(&SignedCard::issue(&key, &claims)?),
            ..CardData::default()
        })
    };
    (0..CARDS).map(person).collect()
}
