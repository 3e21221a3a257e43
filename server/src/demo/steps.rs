//! The steps of the story, in its order.

use anyhow::{Context, bail, ensure};

use super::cards::{self, Card};
use super::story::Story;

const CAMPAIGN: &str = "VAC26";
const OTHER_CAMPAIGN: &str = "NUT26";
/// The records of the cards.
const RECORDS: &str = "cards/cards.csv";

/// Who is registered twice?
pub fn find_duplicates(story: &mut Story) -> anyhow::Result<()> {
    story.step("Who is in this spreadsheet twice? (people.csv, 2,000 invented people)");
    let output = story.run(&["dedupe", "people.csv", "--out", "pairs.csv", "--explain"])?;
    story.say(&String::from_utf8_lossy(&output.stderr));
    let mut pairs = csv::Reader::from_path(story.folder().join("pairs.csv"))?;
    let pairs: Vec<csv::StringRecord> = pairs.records().collect::<Result<_, _>>()?;
    for decision in ["link", "review"] {
        if let Some(pair) = pairs.iter().find(|pair| &pair[4] == decision) {
            story.say(&format!(
                "{decision}: {} and {}, probability {}\n  {}",
                &pair[0], &pair[1], &pair[3], &pair[6]
            ));
        }
    }
    Ok(())
}

/// The organization's keys, and those of two campaigns.
pub fn make_keys(story: &mut Story) -> anyhow::Result<()> {
    story.step("An organization makes its keys, and keys for two campaigns");
    let yesterday = teranga_core::clock::today()
        .yesterday()
        .context("there is no day before today")?
        .to_string();
    for campaign in [CAMPAIGN, OTHER_CAMPAIGN] {
        let output = story.run(&[
            "keys",
            "make",
            "issuer",
            "--campaign",
            campaign,
            "--from",
            &yesterday,
        ])?;
        story.say(String::from_utf8_lossy(&output.stdout).trim_end());
    }
    Ok(())
}

/// A card for everyone, drawn.
pub fn draw_cards(story: &mut Story) -> anyhow::Result<Vec<Card>> {
    story.step("A signed card for each of them: pages for the printer, and pictures of the first ones");
    let yesterday = teranga_core::clock::today()
        .yesterday()
        .context("there is no day before today")?
        .to_string();
    let signing = [
        "--campaign",
        CAMPAIGN,
        "--new-ids",
        "SN-DKR",
        "--issued",
        &yesterday,
    ];
    let drawing = [
        "--template",
        "sovereign",
        "--programme",
        "Vaccination 2026",
        "--pdf",
        "--png",
        "24",
    ];
    let files = ["render", "--data", "people.csv", "--out", "cards"];
    let output = story.run(&[&files[..], &drawing, &signing].concat())?;
    ensure!(output.status.success(), "some people got no card");
    story.say(String::from_utf8_lossy(&output.stdout).trim_end());
    let lost = cards::report_lost(&story.folder().join(RECORDS))?;
    story.say(&format!("{lost} of them are then reported lost and revoked"));
    let cards = cards::read(&story.folder().join("cards/cards"))?;
    ensure!(cards.len() == 24, "24 pictures were asked for");
    story.say(&format!(
        "{}\nis read from its picture: a token and a signature, no personal data\n{}",
        cards[0]
            .picture
            .strip_prefix(story.folder())
            .unwrap_or(&cards[0].picture)
            .display(),
        cards[0].text
    ));
    Ok(cards)
}

/// What a phone carries.
pub fn build_bundle(story: &mut Story) -> anyhow::Result<()> {
    story.step("What a phone carries into the field: trust list and status of every card, signed");
    story.run(&["bundle", "build", "--cards", RECORDS, "--out", "bundle"])?;
    let output = story.run(&["bundle", "inspect", "bundle"])?;
    story.say(String::from_utf8_lossy(&output.stdout).trim_end());
    Ok(())
}

/// Every kind of card, without a network.
pub fn verify_offline(story: &mut Story, cards: &[Card]) -> anyhow::Result<()> {
    story.step("The phone verifies, offline");
    let ([good, lost, ..], later) = (cards, teranga_core::clock::today().year() + 3) else {
        bail!("there are no cards");
    };
    let forged = changed(&good.text);
    let later = format!("{later}-06-01T09:00:00Z");
    let cases: [(&str, &[&str], i32); 6] = [
        ("a good card", &[&good.text], 0),
        ("a card that was reported lost", &[&lost.text], 14),
        ("the good card in three years", &[&good.text, "--at", &later], 15),
        ("a card with one character changed", &[&forged], 12),
        (
            "the good card at another campaign's post",
            &[&good.text, "--campaign", OTHER_CAMPAIGN],
            16,
        ),
        ("a bus ticket", &["HTTPS://BUS.EXAMPLE.ORG/T/4711"], 10),
    ];
    for (what, arguments, expected) in cases {
        story.say(&format!("{what}:"));
        let output = story.run(&[&["verify", "--bundle", "bundle"], arguments].concat())?;
        story.say(String::from_utf8_lossy(&output.stdout).trim_end());
        ensure!(
            output.status.code() == Some(expected),
            "{what} gave exit status {:?}",
            output.status.code()
        );
    }
    Ok(())
}

/// The same card with one character of its signature changed.
fn changed(text: &str) -> String {
    let at = text.len() - 20;
    let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

/// A card is lost after the bundle was built: a few bytes tell all phones.
pub fn publish_revocation(story: &mut Story, cards: &[Card]) -> anyhow::Result<()> {
    story.step("Another card is reported lost: a delta tells the phones");
    let lost = cards.len() - 1;
    let records = story.folder().join(RECORDS);
    cards::revoke(&records, |at| at == lost || at % 100 == 1)?;
    let output = story.run(&["bundle", "delta", "bundle", "--cards", RECORDS])?;
    story.say(String::from_utf8_lossy(&output.stdout).trim_end());
    let output = story.run(&["verify", "--bundle", "bundle", &cards[lost].text])?;
    story.say(String::from_utf8_lossy(&output.stdout).trim_end());
    ensure!(output.status.code() == Some(14), "the lost card was not revoked");
    Ok(())
}

/// What to open, and what to try next.
pub fn show_files(story: &Story) {
    story.say(&format!("\nEverything is in {}:", story.folder().display()));
    story.say("pairs.csv     who is registered twice, with the reasons\ncards/        cards.pdf for the printer, pictures, and the cards' records; hold a phone's camera to one\nbundle/       what a phone carries\nteranga-data/ the keys, sealed");
    story.say("Next: `teranga dedupe YOUR.csv --explain`, `teranga render --list`, `teranga --help`.");
}
