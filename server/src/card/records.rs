//! The records of cards as CSV.
//!
//! Columns `token_hash` (64 hexadecimal digits), `kid` (8), `issued`, `expires` (dates) and, where known, `revoked` (a
//! date), `campaign`, `card_code` and `mpi_id`. The file is walked through more than once and never held in memory.

use std::path::Path;

use anyhow::Context as _;
use data_encoding::HEXLOWER_PERMISSIVE;
use jiff::civil::Date;
use teranga_core::card::code::CardCode;
use teranga_core::card::key::Kid;
use teranga_core::person::MpiId;
use teranga_core::registry::Handle;
use teranga_core::registry::bundle::numbers::Numbered;
use teranga_core::registry::filter::Key;

#[derive(serde::Deserialize)]
struct Line {
    token_hash: String,
    kid: Kid,
    issued: Date,
    expires: Date,
    revoked: Option<Date>,
    campaign: Option<String>,
    card_code: Option<String>,
    mpi_id: Option<String>,
}

/// One card's record.
pub struct Card {
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// The day on which it was revoked.
    pub revoked: Option<Date>,
    /// The rest, and the numbers by which it is found.
    pub numbered: Numbered,
}

/// The cards of a file, one by one. An error names the line.
pub fn read(file: &Path) -> anyhow::Result<impl Iterator<Item = anyhow::Result<Card>>> {
    let reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(file);
    let reader = reader.with_context(|| format!("the cards, {}", file.display()))?;
    let name = file.display().to_string();
    Ok(reader
        .into_deserialize::<Line>()
        .enumerate()
        .map(move |(index, line)| {
            // The first line holds the names of the columns.
            let said = || format!("{name}, card {} after the heading", index + 1);
            line.map_err(anyhow::Error::from)
                .and_then(card)
                .with_context(said)
        }))
}

fn card(line: Line) -> anyhow::Result<Card> {
    let token_hash = HEXLOWER_PERMISSIVE.decode(line.token_hash.as_bytes()).ok();
    let token_hash = token_hash
        .and_then(|bytes| bytes.try_into().ok())
        .context("token_hash: 64 hexadecimal digits are needed")?;
    let mut handles = Vec::new();
    if let Some(code) = line.card_code {
        handles.push(Handle::Code(CardCode::parse(&code).context("card_code")?));
    }
    if let Some(id) = line.mpi_id {
        handles.push(Handle::Mpi(MpiId::parse(&id).context("mpi_id")?));
    }
    let numbered = Numbered {
        key: Key::of(&token_hash),
        kid: line.kid,
        campaign: line.campaign,
        issued: line.issued,
        expires: line.expires,
        handles,
    };
    Ok(Card {
        token_hash,
        revoked: line.revoked,
        numbered,
    })
}
