//! Cards as they come: names of every script and length, up to four attributes and three logos, with and without a photo.
//! The tests and the examples draw the same ones.

pub mod golden;

use std::sync::{Arc, LazyLock};

use teranga_render::config::CardConfig;
use teranga_render::data::{CardData, Picture};
use teranga_render::logo::Logo;
use teranga_render::scene::{Layout, Logos};
use teranga_render::template::{Template, builtin, names};

/// A card to look at.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// A word for file names.
    pub label: &'static str,
    /// Name of the person.
    pub name: &'static str,
    /// How many attributes.
    pub attributes: usize,
    /// How many logos.
    pub logos: usize,
    /// Whether there is a photo.
    pub photo: bool,
}

const fn sample(
    label: &'static str,
    name: &'static str,
    attributes: usize,
    logos: usize,
    photo: bool,
) -> Sample {
    Sample {
        label,
        name,
        attributes,
        logos,
        photo,
    }
}

/// Short, usual, long and longest names, and each script.
pub const ALL: [Sample; 10] = [
    sample("usual", "Aminata Diallo", 4, 2, true),
    sample("short", "Awa Sy", 2, 1, false),
    sample(
        "long",
        "Mamadou Lamine Abdoulaye Souleymane Ndiaye Diallo",
        4,
        3,
        true,
    ),
    sample(
        "longest",
        "Rasoanirinandrianampoinimerina Ramanantsoavololona-Andriamihaja Ny Aina Fitiavana",
        4,
        3,
        false,
    ),
    sample("arabic", "محمد عبد الله ولد الشيخ", 3, 1, true),
    sample("nko", "ߡߊߡߊߘߎ߫ ߖߊߟߏ߫", 1, 0, false),
    sample("adlam", "𞤀𞤥𞤭𞤲𞤢𞤼𞤢 𞤔𞤢𞤤𞤮", 4, 1, false),
    sample("ethiopic", "አበበ ተስፋዬ ወልደ ማርያም", 2, 2, true),
    sample("tifinagh", "ⵜⵉⵏⵀⵉⵏⴰⵏ ⴰⴳ ⵎⵓⵙⴰ", 4, 0, false),
    sample("bare", "Ƴero Ŋoŋ", 0, 0, false),
];

/// The text of a card's code in a form, as cards are signed.
fn signed(form: &str) -> String {
    let fixture = include_str!("../../../../../tests/fixtures/card/ours.json");
    let fixture: serde_json::Value = serde_json::from_str(fixture).unwrap();
    fixture["card"][form].as_str().unwrap().to_owned()
}

/// Texts of our codes with the modules of their side: the compact form is version 7, a link version 8, and one with a
/// long host version 9.
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the examples draw cards with one form only")
)]
pub fn codes() -> [(String, usize); 3] {
    let link = signed("url");
    let long = link.replace("V.EXAMPLE.ORG", "VERIFY.CARDS.NATIONAL-HEALTH.EXAMPLE.ORG");
    [(signed("compact"), 45), (link, 49), (long, 53)]
}

/// What is printed on a sample's card; its code has version 8, as ours have.
pub fn data(sample: &Sample) -> CardData {
    let all = [
        ("Date of birth", "14/03/1994"),
        ("Sex", "Female"),
        ("District", "Guédiawaye"),
        ("Facility", "Poste de santé Wakhinane Nimzatt"),
    ];
    let pair = |(label, value): &(&str, &str)| ((*label).to_owned(), (*value).to_owned());
    CardData {
        mpi_id: "SN-DKR-26-9XQ7LM2A".into(),
        name: sample.name.into(),
        programme: "Expanded Programme on Immunization".into(),
        campaign: "Measles and rubella 2026".into(),
        attributes: all.iter().take(sample.attributes).map(pair).collect(),
        enrolled: Some(jiff::civil::date(2026, 3, 14)),
        issued: Some(jiff::civil::date(2026, 3, 20)),
        expires: Some(jiff::civil::date(2028, 3, 14)),
        tracked_entity: "dBwrot7S420".into(),
        card_code: "7KQ2-MX4D-9PWA-3".into(),
        qr: signed("url"),
        photo: sample.photo.then(|| Arc::clone(&PICTURES.1)),
        ..CardData::default()
    }
}

/// Every template that comes with the program.
pub fn templates() -> impl Iterator<Item = Template> {
    names().map(|name| builtin(name).unwrap())
}

/// A template, as it comes, with as many logos.
pub fn layout(template: &Template, logos: usize) -> Layout {
    let config = CardConfig::of(&template.name);
    let pictures: Logos = std::array::from_fn(|at| PICTURES.0.get(at).filter(|_| at < logos).cloned());
    Layout::new(template.clone(), &config, &pictures).unwrap()
}

/// Logos and the photo, drawn once.
static PICTURES: LazyLock<(Vec<Arc<Picture>>, Arc<Picture>)> =
    LazyLock::new(|| (LOGOS.iter().copied().map(drawn).collect(), drawn(PHOTO)));

/// A picture from its drawing.
fn drawn(svg: &str) -> Arc<Picture> {
    Arc::new(Picture::from(&Logo::decode(svg.as_bytes()).unwrap()))
}

/// A ministry's crest, a program's wide mark, a partner's square one.
const LOGOS: [&str; 3] = [
    "<svg xmlns='http://www.w3.org/2000/svg' width='200' height='200'><circle cx='100' cy='100' r='96' fill='#0b7a3b'/><circle cx='100' cy='100' r='80' fill='none' stroke='#fcd116' stroke-width='6'/><path d='M100 38 L115 82 H161 L124 109 L138 153 L100 126 L62 153 L76 109 L39 82 H85 Z' fill='#fcd116'/></svg>",
    "<svg xmlns='http://www.w3.org/2000/svg' width='360' height='140'><path d='M20 30 H100 V110 H20 Z' fill='#1d4ed8'/><path d='M52 42 H68 V62 H88 V78 H68 V98 H52 V78 H32 V62 H52 Z' fill='#fff'/><path d='M126 40 H340 V60 H126 Z M126 76 H280 V96 H126 Z' fill='#1e293b'/></svg>",
    "<svg xmlns='http://www.w3.org/2000/svg' width='160' height='160'><path d='M80 10 C120 50 150 80 120 120 C100 146 60 146 40 120 C10 80 40 50 80 10 Z' fill='#e11d48'/><path d='M80 60 V130 M50 95 H110' stroke='#fff' stroke-width='12'/></svg>",
];

/// A portrait as on an identity photo.
const PHOTO: &str = "<svg xmlns='http://www.w3.org/2000/svg' width='420' height='540'><defs><linearGradient id='g' x1='0' y1='0' x2='0' y2='1'><stop offset='0' stop-color='#dfe7ee'/><stop offset='1' stop-color='#aebdca'/></linearGradient></defs><path d='M0 0 H420 V540 H0 Z' fill='url(#g)'/><path d='M40 540 C50 420 140 390 210 390 C280 390 370 420 380 540 Z' fill='#b4532a'/><path d='M170 330 H250 V410 C250 440 170 440 170 410 Z' fill='#6b3f26'/><ellipse cx='210' cy='240' rx='98' ry='124' fill='#7d4a2d'/><path d='M108 240 C90 90 160 70 210 70 C260 70 330 90 312 240 C300 170 270 150 210 150 C150 150 120 170 108 240 Z' fill='#201712'/><ellipse cx='174' cy='238' rx='10' ry='7' fill='#1a120d'/><ellipse cx='246' cy='238' rx='10' ry='7' fill='#1a120d'/><path d='M178 304 C198 318 222 318 242 304' stroke='#4a2717' stroke-width='6' fill='none'/></svg>";
