//! One card for each person: its record, and the QR codes of the first few.

use std::path::Path;

use anyhow::Context;
use data_encoding::HEXLOWER;
use teranga_core::card::code::CardCode;
use teranga_core::card::key::Purpose;
use teranga_core::card::payload::{Claims, SignedCard};
use teranga_core::card::text::{Form, Host};
use teranga_core::card::token::{CardNonce, Token};
use teranga_core::card::trust::Scope;
use teranga_core::clock;
use teranga_core::ids::OsRandom;
use teranga_core::person::MpiId;
use teranga_render::qr::{Code, png};

use crate::keys::keyring::Keyring;
use crate::keys::master::MasterKeySource;
use crate::keys::request::years_after;

/// Cards whose QR code is drawn.
const DRAWN: usize = 24;
/// Every so many cards one is revoked.
const REVOKED_EVERY: usize = 100;

/// A card as the demo remembers it.
pub struct Card {
    /// Text of its QR code.
    pub text: String,
    /// Whether it is revoked.
    pub revoked: bool,
}

/// Issues a card of a campaign to each of so many people, writes `cards.csv` and draws some codes into `cards/`.
pub fn issue(folder: &Path, campaign: &str, people: usize) -> anyhow::Result<Vec<Card>> {
    let (keyring, _) = Keyring::open(&folder.join("teranga-data"), &MasterKeySource::embedded())?;
    let scope = Scope::Campaign(campaign.to_owned());
    let today = clock::today();
    let issued = today.yesterday().context("there is no day before today")?;
    let (key, token_key) = (
        keyring.issuer(&scope, issued)?,
        keyring.secret(Purpose::Token, &scope)?,
    );
    let form = Form::Url(Host::new("V.EXAMPLE.ORG")?);
    let mut records = csv::Writer::from_path(folder.join("cards.csv"))?;
    records.write_record([
        "token_hash",
        "kid",
        "issued",
        "expires",
        "revoked",
        "campaign",
        "card_code",
        "mpi_id",
    ])?;
    std::fs::create_dir_all(folder.join("cards"))?;
    let mut cards = Vec::with_capacity(people);
    for at in 0..people {
        let id = MpiId::generate("SN", "DKR", today, &mut OsRandom)?;
        let token = Token::of_card(&token_key, &id, campaign, &CardNonce::generate(&mut OsRandom)?);
        let expires = years_after(issued, 2);
        let text = form.write(&SignedCard::issue(
            &key,
            &Claims {
                token,
                issued,
                expires,
            },
        )?);
        let revoked = at % REVOKED_EVERY == 1;
        records.write_record([
            HEXLOWER.encode(&token.hash()),
            key.kid().to_string(),
            issued.to_string(),
            expires.to_string(),
            if revoked { today.to_string() } else { String::new() },
            campaign.to_owned(),
            CardCode::generate(&mut OsRandom)?.to_string(),
            id.to_string(),
        ])?;
        if at < DRAWN {
            let code = Code::alphanumeric(&text, form.qr_version())?;
            std::fs::write(
                folder.join(format!("cards/{:04}.png", at + 1)),
                png::draw(&code, 6, 300)?,
            )?;
        }
        cards.push(Card { text, revoked });
    }
    records.flush()?;
    Ok(cards)
}
