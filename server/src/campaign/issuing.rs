//! The keys that sign a campaign's cards, what is kept to print a card again, and re-issuing one.

use anyhow::Context as _;
use data_encoding::HEXLOWER;
use jiff::civil::Date;
use teranga_core::card::code::CardCode;
use teranga_core::card::key::Purpose;
use teranga_core::card::token::TokenHash;
use teranga_core::card::trust::Scope;
use teranga_core::clock;
use teranga_core::person::MpiId;

use super::CampaignError;
use super::request::Making;
use crate::access::Actor;
use crate::app::App;
use crate::audit;
use crate::card::Reason;
use crate::card::issue::{Issued, Issuer};
use crate::card::store::{self, CardError, NewCard, PrintedCard, Revocation};
use crate::db::{DbError, Tx, sql};
use crate::keys::request::{KeyRequest, years_after};

/// Years for which a campaign's key signs.
const YEARS: i32 = 3;

/// Makes the keys that sign a campaign's or a lot's cards, as far as they are not there. Waits: to be called on a
/// thread for that.
pub fn keys(app: &App, scope: &Scope, issued: Date) -> anyhow::Result<()> {
    let now = app.clock.now();
    let today = clock::date_of(now);
    let make = |purpose, from| {
        let request = KeyRequest {
            purpose,
            scope: scope.clone(),
            not_before: from,
            not_after: years_after(from, YEARS),
        };
        app.keys.make(&request, now).map(|_| ())
    };
    if app.keys.secret(Purpose::Token, scope).is_err() {
        make(Purpose::Token, today)?;
    }
    if app.keys.issuer(scope, issued).is_err() {
        make(Purpose::Issuer, issued.min(today))?;
    }
    Ok(())
}

/// What signs the cards of a run or a lot.
pub fn issuer(app: &App, scope: Scope, making: &Making) -> anyhow::Result<Issuer> {
    Issuer::new(
        &app.keys,
        scope,
        making.text_form()?,
        [making.issued, making.expires],
    )
}

/// The host that stands in the links of cards, where a request names none: the server's own, if it has one.
pub fn host(app: &App, asked: Option<&str>) -> Option<String> {
    asked.map(str::to_owned).or_else(|| app.card_host.clone())
}

/// What is kept to print a card again, sealed for this card alone: its nonce and its code.
pub fn sealed(app: &App, issued: &Issued) -> anyhow::Result<Vec<u8>> {
    let nonce = issued.nonce.as_deref().unwrap_or_default();
    let plain = serde_json::json!({ "nonce": nonce, "code": issued.card_code }).to_string();
    let belongs_to = format!("cards/{}/print", issued.token_hash);
    app.vault
        .seal(&belongs_to, plain.as_bytes())
        .context("what prints a card again cannot be sealed")
}

/// The row of a card that was signed just now.
pub fn row(app: &App, issued: &Issued, (organisation, campaign): (i64, i64)) -> anyhow::Result<PrintedCard> {
    let hash = HEXLOWER.decode(issued.token_hash.as_bytes())?;
    let token_hash: TokenHash = hash.try_into().ok().context("a card's handle has 32 bytes")?;
    Ok(PrintedCard {
        card: NewCard {
            organisation,
            campaign,
            identity: None,
            token_hash,
            code: Some(CardCode::parse(&issued.card_code)?),
            kid: Some(issued.kid),
            issued: issued.issued,
            expires: Some(issued.expires),
        },
        beneficiary: None,
        place_in_lot: None,
        print: sealed(app, issued)?,
    })
}

/// A card that took another's place.
pub struct Reissued {
    /// Its row.
    pub card: i64,
    /// What was signed.
    pub issued: Issued,
}

/// Signs a new card for the holder of another one, which is revoked; the new one is not. Both, or neither.
pub async fn reissue(
    app: &App,
    actor: &Actor,
    (card, number): (i64, MpiId),
    (reason, making): (Reason, Making),
) -> Result<Reissued, CampaignError> {
    const ABOUT: &str = "SELECT c.campaign, p.prefix, c.identity, c.beneficiary, c.token_hash FROM cards c \
         JOIN campaigns p ON p.id = c.campaign WHERE c.id = $1 AND c.organisation = $2 AND c.state = 0";
    let organisation = actor.organisation;
    let about = sql::one(app.db.reader(), ABOUT, [card.into(), organisation.into()]).await?;
    let about = about.ok_or(CampaignError::Refused(
        "the card is revoked already; its successor can be re-issued",
    ))?;
    let column = |error: sea_orm::DbErr| CampaignError::Db(error.into());
    let campaign: i64 = about.try_get_by_index(0).map_err(column)?;
    let prefix: String = about.try_get_by_index(1).map_err(column)?;
    let identity: Option<i64> = about.try_get_by_index(2).map_err(column)?;
    let beneficiary: Option<i64> = about.try_get_by_index(3).map_err(column)?;
    let old: Vec<u8> = about.try_get_by_index(4).map_err(column)?;
    let signing = app.clone();
    let signed = tokio::task::spawn_blocking(move || {
        let scope = Scope::Campaign(prefix);
        keys(&signing, &scope, making.issued)?;
        let issued = issuer(&signing, scope, &making)?.card(&number)?;
        let mut new = row(&signing, &issued, (organisation, campaign))?;
        new.card.identity = identity;
        new.beneficiary = beneficiary;
        anyhow::Ok((issued, new))
    });
    let signed = signed
        .await
        .map_err(|_| CampaignError::Refused("the card could not be signed; try again"))?;
    let (issued, new) = signed.map_err(|error| DbError::Internal(format!("{error:#}")))?;
    let old = Revocation {
        organisation,
        token_hash: old
            .try_into()
            .map_err(|_| DbError::Corrupt("a card's handle".to_owned()))?,
        reason,
        at: actor.at,
        actor: actor.name(),
    };
    let who = actor.clone();
    let written = app.db.write(move |tx| {
        Box::pin(async move {
            let id = store::reissue(tx, &old, &new).await.map_err(of_card)?;
            if let Some(beneficiary) = new.beneficiary {
                const POINT: &str = "UPDATE beneficiaries SET card = $1 WHERE id = $2";
                sql::run(tx, POINT, [id.into(), beneficiary.into()]).await?;
            }
            audit::record(tx, &who.entry("card.reissue", format!("card:{id}"))).await?;
            published(tx, organisation, who.at).await?;
            Ok::<_, CampaignError>(id)
        })
    });
    let card = written.await?;
    crate::queue::ring(app);
    Ok(Reissued { card, issued })
}

fn of_card(error: CardError) -> CampaignError {
    match error {
        CardError::Db(error) => CampaignError::Db(error),
        CardError::Unknown => CampaignError::Unknown,
        CardError::NotNew => {
            CampaignError::Refused("another card took this one's place meanwhile; look again")
        }
    }
}

/// Has what phones and portals know of cards published anew.
pub(crate) async fn published(tx: &Tx, organisation: i64, at: i64) -> Result<(), DbError> {
    crate::publish::wanted(tx, organisation, at).await
}
