//! `/studio`: designs tried out, kept, taken out and brought in.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use teranga_render::scene::Layout;
use teranga_render::template;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Design, DesignForm, Language, Printed, Side, StudioError, exchange, preview, store};
use crate::access::{Action, Actor, Target, decide};
use crate::app::App;
use crate::audit;
use crate::input::{ValidJson, ValidPath, ValidQuery, Validate};
use crate::mpi::routes::in_sight;
use crate::problem::{Document, Kind, MEDIA_TYPE, Problem};

/// The routes of Card Studio, for the router.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(templates))
        .routes(routes!(schema))
        .routes(routes!(preview_card))
        .routes(routes!(list))
        .routes(routes!(show, keep, remove))
        .routes(routes!(keep_logo))
}

impl From<StudioError> for Problem {
    fn from(error: StudioError) -> Self {
        match error {
            StudioError::Db(error) => error.into(),
            StudioError::Form(words) => Self::new(Kind::Invalid).saying(words),
            StudioError::Code => Self::new(Kind::Invalid).saying(error.to_string()),
            StudioError::Unknown => Self::new(Kind::NotFound),
        }
    }
}

/// A card to look at.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PreviewRequest {
    /// What it looks like.
    design: DesignForm,
    /// The kept design whose logos it has, by its code.
    #[schema(example = "malaria-2026", max_length = 40)]
    logos_of: Option<String>,
    /// Which side.
    #[serde(default)]
    #[schema(inline)]
    side: Side,
    /// A person of the register whose data it shows; nobody's where absent.
    #[schema(example = "SN-DKR-26-9XQ7LM2A", max_length = 24)]
    mpi_id: Option<String>,
    /// Public name of the programme.
    #[serde(default)]
    #[schema(example = "Paludisme 2026", max_length = 200)]
    programme: String,
    /// Name of the campaign.
    #[serde(default)]
    #[schema(example = "Moustiquaires", max_length = 200)]
    campaign: String,
}

impl Validate for PreviewRequest {
    fn check(&self, faults: &mut crate::input::Faults) {
        for (text, pointer) in [(&self.programme, "/programme"), (&self.campaign, "/campaign")] {
            faults.demand(text.chars().count() <= 200, pointer, "at most 200 characters");
        }
    }
}

/// A design that is kept.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct DesignView {
    /// What it is called by.
    #[schema(example = "malaria-2026")]
    code: String,
    /// Counts its changes.
    revision: i32,
    /// When it last changed, in milliseconds since 1970.
    changed: i64,
    /// What it looks like.
    design: DesignForm,
}

impl From<Design> for DesignView {
    fn from(design: Design) -> Self {
        Self {
            code: design.code,
            revision: design.revision,
            changed: design.changed,
            design: design.form,
        }
    }
}

/// A design with what is known of it, or alone where it is taken out as a file.
#[derive(Serialize, ToSchema)]
#[schema(as = DesignShown)]
#[serde(untagged)]
#[expect(
    dead_code,
    reason = "it describes the answers, which are written by `exchange` and by `DesignView`"
)]
enum Shown {
    /// With what is known of it.
    Kept(DesignView),
    /// As a file to bring in again.
    Alone(DesignForm),
}

/// In which language a design is taken out.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ShowQuery {
    /// json or yaml: the design alone, as a file to bring in again. Absent: with what is known of it.
    #[param(inline)]
    export: Option<Language>,
}

impl Validate for ShowQuery {}

fn may(actor: &Actor) -> Result<(), Problem> {
    Ok(decide(
        actor,
        Action::IssueCards,
        &Target::whole(actor.organisation),
    )?)
}

/// The templates
#[utoipa::path(get, path = "/studio/templates", tag = "studio", security(("bearer" = [])),
    responses((status = 200, description = "Their names", body = Vec<String>)))]
async fn templates(actor: Actor) -> Result<Json<Vec<&'static str>>, Problem> {
    may(&actor)?;
    Ok(Json(template::names().collect()))
}

/// The JSON schema of a design
#[utoipa::path(get, path = "/studio/schema", tag = "studio", security(("bearer" = [])),
    responses((status = 200, description = "JSON schema, 2020-12", body = Object)))]
async fn schema(actor: Actor) -> Result<Json<serde_json::Value>, Problem> {
    may(&actor)?;
    Ok(Json(super::schema()))
}

/// Look at a card
///
/// Drawn by the engine of the campaigns, at 300 dots per inch. Without a person the card is nobody's, and its code says so;
/// with one it shows their data, and its code still is nobody's.
#[utoipa::path(post, path = "/studio/preview", tag = "studio", security(("bearer" = [])), request_body = PreviewRequest,
    responses((status = 200, description = "The card", content_type = "image/png", body = Vec<u8>)))]
async fn preview_card(
    State(app): State<App>,
    actor: Actor,
    ValidJson(form): ValidJson<PreviewRequest>,
) -> Result<Response, Problem> {
    may(&actor)?;
    let design = match &form.logos_of {
        None => None,
        Some(code) => Some(of_code(&app, &actor, code).await?.id),
    };
    let beside = Printed {
        programme: form.programme.clone(),
        campaign: form.campaign.clone(),
        ..Printed::default()
    };
    let layout = store::layout(app.db.reader(), &form.design, design).await?;
    picture(
        &app,
        &actor,
        (layout, &form.design),
        (form.mpi_id.as_deref(), beside),
        form.side,
    )
    .await
}

/// Draws a card of a person, or of nobody, for an answer.
pub(crate) async fn picture(
    app: &App,
    actor: &Actor,
    (layout, form): (Arc<Layout>, &DesignForm),
    (number, beside): (Option<&str>, Printed),
    side: Side,
) -> Result<Response, Problem> {
    let lines = form.lines();
    let mut data = super::sample(&lines, &beside);
    if let Some(number) = number {
        let found = in_sight(app, actor, Action::IssueCards, number).await?;
        let own = super::printed(&found.number.to_string(), &found.person, &lines, &beside)
            .map_err(|words| Problem::new(Kind::Conflict).saying(words))?;
        let target = format!("identity:{}", found.id);
        let actor = actor.clone();
        let looked = app.db.write(move |tx| {
            Box::pin(async move { audit::record(tx, &actor.entry("card.preview", target)).await })
        });
        looked.await?;
        data = teranga_render::data::CardData {
            card_code: data.card_code,
            qr: data.qr,
            enrolled: data.enrolled,
            ..own
        };
    }
    let drawn = app.heavy.run(move || preview::draw(&layout, &data, side)).await;
    let png = drawn.map_err(|_| Problem::new(Kind::Unavailable).retry_after(1))??;
    Ok((
        [(header::CONTENT_TYPE, HeaderValue::from_static("image/png"))],
        png,
    )
        .into_response())
}

async fn of_code(app: &App, actor: &Actor, code: &str) -> Result<Design, Problem> {
    let design = store::design(app.db.reader(), actor.organisation, code).await?;
    design.ok_or_else(|| Problem::new(Kind::NotFound))
}

/// The designs that are kept
#[utoipa::path(get, path = "/studio/designs", tag = "studio", security(("bearer" = [])),
    responses((status = 200, description = "Designs, by code", body = Vec<DesignView>)))]
async fn list(State(app): State<App>, actor: Actor) -> Result<Json<Vec<DesignView>>, Problem> {
    may(&actor)?;
    let all = store::designs(app.db.reader(), actor.organisation).await?;
    Ok(Json(all.into_iter().map(DesignView::from).collect()))
}

/// A design, or its file
#[utoipa::path(get, path = "/studio/designs/{code}", tag = "studio", security(("bearer" = [])),
    params(("code" = String, Path, description = "The design's code", example = "malaria-2026"), ShowQuery),
    responses((status = 200, description = "The design", content((Shown = "application/json"), (DesignForm = "application/yaml")))))]
async fn show(
    State(app): State<App>,
    actor: Actor,
    ValidPath(code): ValidPath<String>,
    ValidQuery(query): ValidQuery<ShowQuery>,
) -> Result<Response, Problem> {
    may(&actor)?;
    let design = of_code(&app, &actor, &code).await?;
    let Some(language) = query.export else {
        return Ok(Json(DesignView::from(design)).into_response());
    };
    let text = exchange::write(&design.form, language)?;
    let kind = HeaderValue::from_static(language.media_type());
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// Keep a design
///
/// As JSON or YAML, by its Content-Type. It is checked whole: a color that cannot be read on its ground is refused too.
#[utoipa::path(put, path = "/studio/designs/{code}", tag = "studio", security(("bearer" = [])),
    params(("code" = String, Path, description = "The design's code", example = "malaria-2026")),
    request_body(content((DesignForm = "application/json"), (String = "application/yaml"))),
    responses((status = 200, description = "Kept in place of the one before", body = DesignView),
        (status = 201, description = "Kept", body = DesignView)))]
async fn keep(
    State(app): State<App>,
    actor: Actor,
    ValidPath(code): ValidPath<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<DesignView>), Problem> {
    may(&actor)?;
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let language = kind.and_then(Language::of_media_type).ok_or_else(|| {
        Problem::new(Kind::UnsupportedMediaType)
            .saying("send a design as application/json or application/yaml")
    })?;
    let text = std::str::from_utf8(&body)
        .map_err(|_| Problem::new(Kind::Malformed).saying("send the design as UTF-8"))?;
    let form = exchange::read(text, language)?;
    let (who, own) = (actor.clone(), code.clone());
    let kept = app.db.write(move |tx| {
        Box::pin(async move {
            let kept = store::save(tx, who.organisation, (&own, &form), who.at).await?;
            audit::record(tx, &who.entry("design.keep", format!("design:{}", kept.0))).await?;
            Ok::<_, StudioError>(kept)
        })
    });
    let (_, is_new) = kept.await?;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(of_code(&app, &actor, &code).await?.into())))
}

/// Remove a design
///
/// Runs that took it keep what they took.
#[utoipa::path(delete, path = "/studio/designs/{code}", tag = "studio", security(("bearer" = [])),
    params(("code" = String, Path, description = "The design's code", example = "malaria-2026")),
    responses((status = 204, description = "It is gone")))]
async fn remove(
    State(app): State<App>,
    actor: Actor,
    ValidPath(code): ValidPath<String>,
) -> Result<StatusCode, Problem> {
    may(&actor)?;
    let design = of_code(&app, &actor, &code).await?;
    let removed = app.db.write(move |tx| {
        Box::pin(async move {
            store::remove(tx, actor.organisation, &code).await?;
            audit::record(tx, &actor.entry("design.remove", format!("design:{}", design.id))).await?;
            Ok::<_, StudioError>(())
        })
    });
    removed.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Keep a logo of a design
///
/// PNG, JPEG or SVG. It is decoded and written again: nothing of the file but its picture is kept.
#[utoipa::path(put, path = "/studio/designs/{code}/logos/{place}", tag = "studio", security(("bearer" = [])),
    params(("code" = String, Path, description = "The design's code", example = "malaria-2026"),
        ("place" = i16, Path, description = "Which logo, from 0", minimum = 0, maximum = 2, example = 0)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 204, description = "Kept"),
        (status = 409, description = "It was removed meanwhile", body = Document, content_type = MEDIA_TYPE)))]
async fn keep_logo(
    State(app): State<App>,
    actor: Actor,
    ValidPath((code, place)): ValidPath<(String, i16)>,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    may(&actor)?;
    let design = of_code(&app, &actor, &code).await?.id;
    let kept = app.db.write(move |tx| {
        Box::pin(async move {
            store::save_logo(tx, design, place, &body).await?;
            audit::record(tx, &actor.entry("design.logo", format!("design:{design}"))).await?;
            Ok::<_, StudioError>(())
        })
    });
    kept.await?;
    Ok(StatusCode::NO_CONTENT)
}
