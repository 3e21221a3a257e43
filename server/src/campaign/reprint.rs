//! A card printed again: the same token, signed by the same key, with the same code beside it.
//!
//! Ed25519 signs the same claims to the same bytes, so that what comes out is the card that was lost from the printer's
//! tray, not another one.

use data_encoding::HEXLOWER;
use jiff::civil::Date;
use teranga_core::card::key::{Kid, Purpose};
use teranga_core::card::payload::{Claims, SignedCard};
use teranga_core::card::signing::SigningKey;
use teranga_core::card::token::{CardNonce, Token};
use teranga_core::card::trust::Scope;
use teranga_core::clock;
use teranga_core::person::MpiId;

use super::card_routes::Known;
use super::request::Making;
use crate::app::App;
use crate::db::{DbError, sql};
use crate::problem::{Kind, Problem};
use crate::studio::{self, DesignForm, Printed, Side, preview};

/// How the last run of a campaign made its cards.
pub(super) async fn making_of(app: &App, campaign: i64) -> Result<Option<Making>, Problem> {
    const LAST: &str = "SELECT request FROM runs WHERE campaign = $1 ORDER BY id DESC LIMIT 1";
    match sql::one(app.db.reader(), LAST, [campaign.into()]).await? {
        None => Ok(None),
        Some(row) => Ok(Some(Making::of(&row.try_get_by_index::<String>(0)?)?)),
    }
}

/// What a card's row says, as far as printing needs it.
struct Row {
    kid: Kid,
    issued: Date,
    expires: Date,
    print: Vec<u8>,
    programme: String,
    campaign: String,
}

async fn row(app: &App, card: &Known) -> Result<Row, Problem> {
    const ROW: &str = "SELECT c.kid, c.issued, c.expires, c.print, p.public_name, g.name FROM cards c \
         JOIN campaigns g ON g.id = c.campaign JOIN programmes p ON p.id = g.programme WHERE c.id = $1 AND c.state = 0";
    let revoked =
        || Problem::new(Kind::Conflict).saying("the card is revoked; print the one that took its place");
    let row = sql::one(app.db.reader(), ROW, [card.id.into()])
        .await?
        .ok_or_else(revoked)?;
    let elsewhere = || Problem::new(Kind::Conflict).saying("the card was not printed here; re-issue it");
    let kid: Option<String> = row.try_get_by_index(0)?;
    let print: Option<Vec<u8>> = row.try_get_by_index(3)?;
    let day = |millis: Option<i64>| {
        millis.and_then(|millis| clock::date_of_day(millis.div_euclid(1000 * clock::SECONDS_PER_DAY)))
    };
    Ok(Row {
        kid: kid.and_then(|kid| kid.parse().ok()).ok_or_else(elsewhere)?,
        issued: day(row.try_get_by_index(1)?).ok_or_else(elsewhere)?,
        expires: day(row.try_get_by_index(2)?).ok_or_else(elsewhere)?,
        print: print.ok_or_else(elsewhere)?,
        programme: row.try_get_by_index(4)?,
        campaign: row.try_get_by_index(5)?,
    })
}

/// The card as PNG.
pub(super) async fn draw(app: &App, card: &Known, side: Side) -> Result<Vec<u8>, Problem> {
    let row = row(app, card).await?;
    let (Some(number), Some(person)) = (card.number, &card.person) else {
        return Err(
            Problem::new(Kind::Conflict).saying("nobody holds this card; blank cards are printed by the lot")
        );
    };
    let making = making_of(app, card.campaign).await?;
    let (form, design) = making.as_ref().map_or_else(
        || (DesignForm::of("classic"), None),
        |making| (making.form.clone(), making.design),
    );
    let beside = Printed {
        programme: row.programme.clone(),
        campaign: row.campaign.clone(),
        enrolled: None,
        issued: Some(row.issued),
        expires: Some(row.expires),
    };
    let mut data = studio::printed(&number.to_string(), person, &form.lines(), &beside)
        .map_err(|words| Problem::new(Kind::Conflict).saying(words))?;
    let layout = studio::layout(app.db.reader(), &form, design).await?;
    let text_form = match &making {
        Some(making) => making.text_form()?,
        None => teranga_core::card::text::Form::Compact,
    };
    let (signing, hash, prefix) = (app.clone(), card.token_hash, card.prefix.clone());
    let drawn = app.heavy.run(move || {
        let (payload, code) = signed(&signing, (&row, number), (&prefix, hash))?;
        data.qr = text_form.write(&payload);
        data.card_code = code;
        Ok::<_, Problem>(preview::draw(&layout, &data, side)?)
    });
    drawn
        .await
        .map_err(|_| Problem::new(Kind::Unavailable).retry_after(1))?
}

/// The card's payload and its code, both as they were.
fn signed(
    app: &App,
    (row, number): (&Row, MpiId),
    (prefix, hash): (&str, [u8; 32]),
) -> Result<(Vec<u8>, String), Problem> {
    let damaged = || DbError::Corrupt("what prints a card again does not open".to_owned());
    let belongs_to = format!("cards/{}/print", HEXLOWER.encode(&hash));
    let plain = app.vault.open(&belongs_to, &row.print).map_err(|_| damaged())?;
    let plain: serde_json::Value = serde_json::from_slice(&plain).map_err(|_| damaged())?;
    let nonce = plain["nonce"]
        .as_str()
        .and_then(|digits| HEXLOWER.decode(digits.as_bytes()).ok());
    let nonce = CardNonce(
        nonce
            .and_then(|nonce| nonce.try_into().ok())
            .ok_or_else(damaged)?,
    );
    let scope = Scope::Campaign(prefix.to_owned());
    let token_key = app
        .keys
        .secret(Purpose::Token, &scope)
        .map_err(|error| Problem::internal(format!("{error:#}")))?;
    let token = Token::of_card(&token_key, &number, prefix, &nonce);
    if token.hash() != hash {
        return Err(Problem::new(Kind::Conflict).saying(
            "the person's number or the campaign's key has changed since this card was made; re-issue it",
        ));
    }
    let key = app.keys.store().get(row.kid).map_err(Problem::internal)?;
    let key = SigningKey::from_seed(Purpose::Issuer, &key.secret);
    let claims = Claims {
        token,
        issued: row.issued,
        expires: row.expires,
    };
    let payload = SignedCard::issue(&key, &claims).map_err(Problem::internal)?;
    Ok((payload, plain["code"].as_str().ok_or_else(damaged)?.to_owned()))
}
