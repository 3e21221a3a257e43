//! Draws a template's two sides: `cargo run -p teranga-render --example draw -- TEMPLATE DPI FOLDER`.
use std::sync::Arc;

use teranga_render::config::CardConfig;
use teranga_render::data::{CardData, Picture};
use teranga_render::paint::{Face, plain};
use teranga_render::scene::{Layout, Logos};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [template, dpi, folder] = arguments.as_slice() else {
        return Err("TEMPLATE DPI FOLDER".into());
    };
    let config = CardConfig::of(template);
    let logo = Picture::new(60, 48, [0x2e, 0x9e, 0x5b, 255].repeat(60 * 48)).map(Arc::new);
    let names = [
        ("short", "Awa Sy", 4, 0),
        ("latin", "Aminata Ɓintou Ƴero Ŋoŋ", 4, 2),
        (
            "long",
            "Mamadou Lamine Abdoulaye Souleymane Ndiaye Diallo de la Fontaine",
            4,
            3,
        ),
        ("arabic", "محمد عبد الله ولد الشيخ", 3, 1),
        ("ethiopic", "አበበ ተስፋዬ", 2, 0),
        ("nko", "ߡߊߡߊߘߎ߫ ߖߊߟߏ߫", 1, 0),
        ("adlam", "𞤀𞤥𞤭𞤲𞤢𞤼𞤢 𞤔𞤢𞤤𞤮", 0, 0),
    ];
    for (label, name, attributes, logos) in names {
        let logos: Logos = std::array::from_fn(|at| logo.clone().filter(|_| at < logos));
        let layout = Layout::new(config.template()?, &config, &logos)?;
        let all = [
            ("Name", name),
            ("Date of birth", "14/03/1994"),
            ("District", "Guédiawaye"),
            ("Facility", "Poste de santé Wakhinane Nimzatt"),
        ];
        let data = CardData {
            mpi_id: "SN-DKR-26-9XQ7LM2A".into(),
            name: name.into(),
            programme: "Expanded Programme on Immunization".into(),
            attributes: all
                .iter()
                .take(attributes)
                .map(|(l, v)| (l.to_string(), v.to_string()))
                .collect(),
            enrolled: Some(jiff::civil::date(2026, 3, 14)),
            expires: Some(jiff::civil::date(2028, 3, 14)),
            tracked_entity: "dBwrot7S420".into(),
            card_code: "7KQ2-MX4D-9PWA-3".into(),
            qr: format!(
                "HTTPS://V.EXAMPLE.ORG/C/{}",
                "A7KQ2MX4D9PWA3".repeat(13).get(..178).unwrap_or_default()
            ),
            ..CardData::default()
        };
        let card = layout.card(&data)?;
        for (face, side) in [(Face::Front, "front"), (Face::Back, "back")] {
            let file = plain::side(&layout, &card, face, dpi.parse()?)?.png()?;
            std::fs::write(format!("{folder}/{template}-{label}-{side}.png"), file)?;
        }
    }
    Ok(())
}
