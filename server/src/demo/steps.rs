//! The steps of the story, in its order.

use anyhow::{Context, ensure};

use super::cards::{self, Card};
use super::story::Story;

const CAMPAIGN: &str = "VAC26";
const OTHER_CAMPAIGN: &str = "NUT26";

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

/// A card for everyone.
pub fn issue_cards(story: &mut Story) -> anyhow::Result<Vec<Card>> {
    let people = csv::Reader::from_path(story.folder().join("people.csv"))?
        .into_records()
        .count();
    story.step(&format!(
        "A signed card for each of {people} records: a token and a signature, no personal data"
    ));
    let cards = cards::issue(story.folder(), CAMPAIGN, people)?;
    let revoked = cards.iter().filter(|card| card.revoked).count();
    story.say(&format!(
        "issued {}, of which {revoked} are then reported lost and revoked",
        cards.len()
    ));
    story.say(&format!(
        "records in cards.csv, QR codes of the first few in cards/; one says\n{}",
        cards[0].text
    ));
    Ok(cards)
}

/// What a phone carries.
pub fn build_bundle(story: &mut Story) -> anyhow::Result<()> {
    story.step("What a phone carries into the field: trust list and status of every card, signed");
    story.run(&["bundle", "build", "--cards", "cards.csv", "--out", "bundle"])?;
    let output = story.run(&["bundle", "inspect", "bundle"])?;
    story.say(String::from_utf8_lossy(&output.stdout).trim_end());
    Ok(())
}

/// Every kind of card, without a network.
pub fn verify_offline(story: &mut Story, cards: &[Card]) -> anyhow::Result<()> {
    story.step("The phone verifies, offline");
    let good = cards
        .iter()
        .find(|card| !card.revoked)
        .context("no card is valid")?;
    let lost = cards
        .iter()
        .find(|card| card.revoked)
        .context("no card is revoked")?;
    let forged = changed(&good.text);
    let later = format!("{}-06-01T09:00:00Z", teranga_core::clock::today().year() + 3);
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
    let lost = cards
        .iter()
        .rposition(|card| !card.revoked)
        .context("no card is valid")?;
    revoke(story, lost)?;
    let output = story.run(&["bundle", "delta", "bundle", "--cards", "cards.csv"])?;
    story.say(String::from_utf8_lossy(&output.stdout).trim_end());
    let output = story.run(&["verify", "--bundle", "bundle", &cards[lost].text])?;
    story.say(String::from_utf8_lossy(&output.stdout).trim_end());
    ensure!(output.status.code() == Some(14), "the lost card was not revoked");
    Ok(())
}

/// Marks one card as revoked today in `cards.csv`.
fn revoke(story: &Story, lost: usize) -> anyhow::Result<()> {
    let file = story.folder().join("cards.csv");
    let mut reader = csv::Reader::from_path(&file)?;
    let headers = reader.headers()?.clone();
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>()?;
    let today = teranga_core::clock::today().to_string();
    let mut writer = csv::Writer::from_path(&file)?;
    writer.write_record(&headers)?;
    for (at, row) in rows.iter().enumerate() {
        let cells = row
            .iter()
            .enumerate()
            .map(|(cell, text)| if at == lost && cell == 4 { &today } else { text });
        writer.write_record(cells)?;
    }
    writer.flush()?;
    Ok(())
}

/// What to open, and what to try next.
pub fn show_files(story: &Story) {
    story.say(&format!("\nEverything is in {}:", story.folder().display()));
    story.say("pairs.csv     who is registered twice, with the reasons\ncards/        QR codes; hold a phone's camera to one\ncards.csv     the records of the cards\nbundle/       what a phone carries\nteranga-data/ the keys, sealed");
    story.say("Next: `teranga dedupe YOUR.csv --explain`, `teranga --help`.");
}
