//! A person's cards: looked up, revoked, re-issued, printed again.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use sea_orm::QueryResult;
use teranga_core::clock;
use teranga_core::person::{Demographics, MpiId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::dto::{CardChanged, CardView, PreviewQuery, ReasonForm};
use super::request::Making;
use super::{CampaignError, issuing, reprint};
use crate::access::{Action, Actor, Area, Target, decide, scope};
use crate::app::App;
use crate::audit;
use crate::card::Reason;
use crate::card::store::{self, CardError, Revocation};
use crate::db::{DbError, sql};
use crate::input::{ValidJson, ValidPath, ValidQuery};
use crate::keys::request::years_after;
use crate::mpi::routes::in_sight;
use crate::problem::{Document, Kind, MEDIA_TYPE, Problem};
use crate::studio::DesignForm;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(of_person))
        .routes(routes!(revoke))
        .routes(routes!(reissue))
        .routes(routes!(picture))
}

/// A person's cards
///
/// The latest first. Cards of a sensitive program are shown to whoever may see that it is one.
#[utoipa::path(get, path = "/mpi/{mpi_id}/card", tag = "cards", security(("bearer" = [])),
    params(("mpi_id" = String, Path, description = "MPI id", example = "SN-DKR-26-9XQ7LM2A")),
    responses((status = 200, description = "Cards", body = Vec<CardView>)))]
async fn of_person(
    State(app): State<App>,
    actor: Actor,
    ValidPath(number): ValidPath<String>,
) -> Result<Json<Vec<CardView>>, Problem> {
    const CARDS: &str = "SELECT c.id, p.prefix, c.state, c.issued, c.expires, c.revoked, c.revoked_for, c.replaced_by, \
         g.sensitive FROM cards c JOIN campaigns p ON p.id = c.campaign JOIN programmes g ON g.id = p.programme \
         JOIN identities i ON i.id = c.identity WHERE i.root = $1 AND c.organisation = $2 ORDER BY c.id DESC LIMIT 100";
    let found = in_sight(&app, &actor, Action::ReadPerson, &number).await?;
    let area = Area::of_place(&found.person.place);
    let sees = decide(
        &actor,
        Action::SeeSensitive,
        &Target::within(actor.organisation, area),
    )
    .is_ok();
    let today = clock::date_of(app.clock.now());
    let rows = sql::all(
        app.db.reader(),
        CARDS,
        [found.id.into(), actor.organisation.into()],
    )
    .await?;
    let mut cards = Vec::new();
    for row in &rows {
        if sees || row.try_get_by_index::<i16>(8)? == 0 {
            cards.push(view(row, today)?);
        }
    }
    Ok(Json(cards))
}

fn view(row: &QueryResult, today: jiff::civil::Date) -> Result<CardView, DbError> {
    let day = |millis: Option<i64>| {
        millis.and_then(|millis| clock::date_of_day(millis.div_euclid(1000 * clock::SECONDS_PER_DAY)))
    };
    let expires = day(row.try_get_by_index(4)?);
    let is_revoked = row.try_get_by_index::<i16>(2)? != 0;
    Ok(CardView {
        id: row.try_get_by_index(0)?,
        campaign: row.try_get_by_index(1)?,
        status: match (is_revoked, expires) {
            (true, _) => "revoked",
            (false, Some(expires)) if expires <= today => "expired",
            _ => "valid",
        },
        issued: day(row.try_get_by_index(3)?).map(|day| day.to_string()),
        expires: expires.map(|day| day.to_string()),
        revoked: day(row.try_get_by_index(5)?).map(|day| day.to_string()),
        revoked_for: row.try_get_by_index(6)?,
        replaced_by: row.try_get_by_index(7)?,
    })
}

/// A card, as far as changing it needs.
pub(super) struct Known {
    pub(super) id: i64,
    pub(super) token_hash: [u8; 32],
    pub(super) number: Option<MpiId>,
    pub(super) person: Option<Demographics>,
    pub(super) prefix: String,
    pub(super) campaign: i64,
}

/// A card of the organization, if the actor may do something to it: by where its holder lives, or, of a card that nobody
/// holds, in the whole organization.
pub(super) async fn card_in_sight(
    app: &App,
    actor: &Actor,
    action: Action,
    id: i64,
) -> Result<Known, Problem> {
    const CARD: &str = "SELECT c.id, c.token_hash, r.number, r.person, p.prefix, g.sensitive, c.campaign \
         FROM cards c JOIN campaigns p ON p.id = c.campaign JOIN programmes g ON g.id = p.programme \
         LEFT JOIN identities i ON i.id = c.identity LEFT JOIN identities r ON r.id = i.root \
         WHERE c.id = $1 AND c.organisation = $2";
    scope(actor, action)?;
    let row = sql::one(app.db.reader(), CARD, [id.into(), actor.organisation.into()]).await?;
    let row = row.ok_or_else(|| Problem::new(Kind::NotFound))?;
    let person: Option<String> = row.try_get_by_index(3)?;
    let person: Option<Demographics> = person
        .map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|_| DbError::Corrupt("a person does not read".to_owned()))?;
    let area = person
        .as_ref()
        .map(|person| Area::of_place(&person.place))
        .unwrap_or_default();
    let target = Target::within(actor.organisation, area);
    decide(actor, action, &target)?;
    if row.try_get_by_index::<i16>(5)? != 0 && decide(actor, Action::SeeSensitive, &target).is_err() {
        return Err(Problem::new(Kind::NotFound));
    }
    let hash: Vec<u8> = row.try_get_by_index(1)?;
    let number: Option<String> = row.try_get_by_index(2)?;
    Ok(Known {
        id: row.try_get_by_index(0)?,
        token_hash: hash
            .try_into()
            .map_err(|_| DbError::Corrupt("a card's handle".to_owned()))?,
        number: number.and_then(|number| MpiId::parse(&number).ok()),
        person,
        prefix: row.try_get_by_index(4)?,
        campaign: row.try_get_by_index(6)?,
    })
}

/// Reads a reason that was checked.
fn reason_of(form: &ReasonForm) -> Result<Reason, Problem> {
    form.reason
        .parse()
        .map_err(|_| Problem::field("/reason", "a known reason"))
}

/// Revoke a card
///
/// It counts no longer: on the servers within a second, on phones and portals with what is published next.
#[utoipa::path(post, path = "/cards/{id}/revoke", tag = "cards", security(("bearer" = [])), request_body = ReasonForm,
    params(("id" = i64, Path, description = "The card's number", example = 812)),
    responses((status = 200, description = "It counts no longer", body = CardChanged)))]
async fn revoke(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
    ValidJson(form): ValidJson<ReasonForm>,
) -> Result<Json<CardChanged>, Problem> {
    let card = card_in_sight(&app, &actor, Action::RevokeCards, id).await?;
    let revocation = Revocation {
        organisation: actor.organisation,
        token_hash: card.token_hash,
        reason: reason_of(&form)?,
        at: actor.at,
        actor: actor.name(),
    };
    let revoked = app.db.write(move |tx| {
        Box::pin(async move {
            let changed = store::revoke(tx, &revocation).await?;
            if changed {
                issuing::published(tx, revocation.organisation, revocation.at).await?;
            }
            Ok::<_, CardError>(changed)
        })
    });
    let changed = revoked.await.map_err(|error| match error {
        CardError::Db(error) => error.into(),
        CardError::Unknown | CardError::NotNew => Problem::new(Kind::NotFound),
    })?;
    crate::queue::ring(&app);
    Ok(Json(CardChanged { id: card.id, changed }))
}

/// Re-issue a card
///
/// A new card takes the place of one that is lost or damaged, which is revoked; the new one is not. `GET
/// /cards/{id}/picture` prints it.
#[utoipa::path(post, path = "/cards/{id}/reissue", tag = "cards", security(("bearer" = [])), request_body = ReasonForm,
    params(("id" = i64, Path, description = "The number of the card that is lost", example = 812)),
    responses((status = 201, description = "The new card", body = CardChanged),
        (status = 409, description = "The card was revoked before", body = Document, content_type = MEDIA_TYPE)))]
async fn reissue(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
    ValidJson(form): ValidJson<ReasonForm>,
) -> Result<(StatusCode, Json<CardChanged>), Problem> {
    let card = card_in_sight(&app, &actor, Action::RevokeCards, id).await?;
    let reason = reason_of(&form)?;
    let number = card.number.ok_or_else(|| {
        Problem::new(Kind::Conflict)
            .saying("nobody holds this card; a blank card is replaced by another of its lot")
    })?;
    let issued = clock::date_of(app.clock.now());
    let making = match reprint::making_of(&app, card.campaign).await? {
        Some(making) => Making {
            issued,
            expires: making.expires.max(years_after(issued, 1)),
            ..making
        },
        None => Making {
            form: DesignForm::of("classic"),
            design: None,
            pdf: true,
            zip: true,
            dpi: 300,
            sheet: None,
            issued,
            expires: years_after(issued, 2),
            host: issuing::host(&app, None),
            shard: 1,
        },
    };
    let made = issuing::reissue(&app, &actor, (card.id, number), (reason, making)).await?;
    let changed = CardChanged {
        id: made.card,
        changed: true,
    };
    Ok((StatusCode::CREATED, Json(changed)))
}

/// Print a card again
///
/// The same card, with the same code, as PNG at 300 dots per inch. Audited.
#[utoipa::path(get, path = "/cards/{id}/picture", tag = "cards", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The card's number", example = 812), PreviewQuery),
    responses((status = 200, description = "The card", content_type = "image/png", body = Vec<u8>),
        (status = 409, description = "It is revoked, or was not printed here", body = Document, content_type = MEDIA_TYPE)))]
async fn picture(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
    ValidQuery(query): ValidQuery<PreviewQuery>,
) -> Result<Response, Problem> {
    let card = card_in_sight(&app, &actor, Action::RevokeCards, id).await?;
    let png = reprint::draw(&app, &card, query.side).await?;
    let who = actor.clone();
    let printed = app.db.write(move |tx| {
        Box::pin(async move { audit::record(tx, &who.entry("card.print", format!("card:{id}"))).await })
    });
    printed.await?;
    Ok((
        [(header::CONTENT_TYPE, HeaderValue::from_static("image/png"))],
        png,
    )
        .into_response())
}

impl From<CampaignError> for CardError {
    fn from(error: CampaignError) -> Self {
        match error {
            CampaignError::Db(error) => Self::Db(error),
            _ => Self::Unknown,
        }
    }
}
