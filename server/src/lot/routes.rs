//! `/lots`: blank cards.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::dto::{HandForm, LotForm, LotRevoked, RevokeForm};
use super::store::{self, Lot};
use crate::access::{Action, Actor, Target, decide};
use crate::app::App;
use crate::campaign::dto::FilesQuery;
use crate::campaign::files::{self, Artifact};
use crate::campaign::routes::{in_sight, making};
use crate::input::{ValidJson, ValidPath, ValidQuery};
use crate::problem::{Document, Kind, MEDIA_TYPE, Problem};
use crate::queue;

/// The routes of lots, for the router.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, order))
        .routes(routes!(show))
        .routes(routes!(hand))
        .routes(routes!(revoke))
        .routes(routes!(list_files))
        .routes(routes!(download))
}

/// A lot of the organization, if the actor may do something to its cards.
async fn lot_in_sight(app: &App, actor: &Actor, action: Action, id: i64) -> Result<Lot, Problem> {
    decide(actor, action, &Target::whole(actor.organisation))?;
    let lot = store::lot(app.db.reader(), actor.organisation, id).await?;
    let lot = lot.ok_or_else(|| Problem::new(Kind::NotFound))?;
    in_sight(app, actor, lot.campaign).await?;
    Ok(lot)
}

/// The lots
#[utoipa::path(get, path = "/lots", tag = "lots", security(("bearer" = [])),
    responses((status = 200, description = "Lots, the latest first, with their cards counted", body = Vec<Lot>)))]
async fn list(State(app): State<App>, actor: Actor) -> Result<Json<Vec<Lot>>, Problem> {
    decide(&actor, Action::IssueCards, &Target::whole(actor.organisation))?;
    let mut seen = Vec::new();
    for lot in store::lots(app.db.reader(), actor.organisation).await? {
        if in_sight(&app, &actor, lot.campaign).await.is_ok() {
            seen.push(lot);
        }
    }
    Ok(Json(seen))
}

/// Print a lot of blank cards
///
/// Signed by a key of their own, with the lot's number and their own on each; nobody's until one is handed over.
#[utoipa::path(post, path = "/lots", tag = "lots", security(("bearer" = [])), request_body = LotForm,
    responses((status = 202, description = "It is being printed", body = Lot),
        (status = 409, description = "The quota does not reach", body = Document, content_type = MEDIA_TYPE)))]
async fn order(
    State(app): State<App>,
    actor: Actor,
    ValidJson(form): ValidJson<LotForm>,
) -> Result<(StatusCode, Json<Lot>), Problem> {
    in_sight(&app, &actor, form.campaign).await?;
    let making = making(&app, &actor, form.making).await?;
    let (who, of) = (actor.clone(), (form.campaign, form.size));
    let ordered = app
        .db
        .write(move |tx| Box::pin(async move { store::order(tx, &who, of, &making).await }));
    let id = ordered.await?;
    queue::ring(&app);
    Ok((
        StatusCode::ACCEPTED,
        Json(lot_in_sight(&app, &actor, Action::IssueCards, id).await?),
    ))
}

/// A lot
#[utoipa::path(get, path = "/lots/{id}", tag = "lots", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The lot's row", example = 2)),
    responses((status = 200, description = "The lot, with its cards counted", body = Lot)))]
async fn show(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
) -> Result<Json<Lot>, Problem> {
    Ok(Json(lot_in_sight(&app, &actor, Action::IssueCards, id).await?))
}

/// Hand a lot to an agent
#[utoipa::path(post, path = "/lots/{id}/hand", tag = "lots", security(("bearer" = [])), request_body = HandForm,
    params(("id" = i64, Path, description = "The lot's row", example = 2)),
    responses((status = 200, description = "The lot", body = Lot),
        (status = 409, description = "It is not printed, or revoked", body = Document, content_type = MEDIA_TYPE)))]
async fn hand(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
    ValidJson(form): ValidJson<HandForm>,
) -> Result<Json<Lot>, Problem> {
    lot_in_sight(&app, &actor, Action::IssueCards, id).await?;
    let who = actor.clone();
    let handed = app
        .db
        .write(move |tx| Box::pin(async move { store::hand(tx, &who, id, &form.login).await }));
    handed.await?;
    Ok(Json(lot_in_sight(&app, &actor, Action::IssueCards, id).await?))
}

/// Revoke a lot
///
/// None of its blank cards counts any more: on the servers within a second, on phones and portals with what is published
/// next.
#[utoipa::path(post, path = "/lots/{id}/revoke", tag = "lots", security(("bearer" = [])), request_body = RevokeForm,
    params(("id" = i64, Path, description = "The lot's row", example = 2)),
    responses((status = 200, description = "It is revoked", body = LotRevoked),
        (status = 409, description = "It was revoked before, or is not printed", body = Document, content_type = MEDIA_TYPE)))]
async fn revoke(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
    ValidJson(form): ValidJson<RevokeForm>,
) -> Result<Json<LotRevoked>, Problem> {
    lot_in_sight(&app, &actor, Action::IssueCards, id).await?;
    let revoked = app
        .db
        .write(move |tx| Box::pin(async move { store::revoke(tx, &actor, id, form.bound_too).await }));
    let cards = revoked.await?;
    queue::ring(&app);
    Ok(Json(LotRevoked { cards }))
}

/// The files of a lot
#[utoipa::path(get, path = "/lots/{id}/files", tag = "lots", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The lot's row", example = 2), FilesQuery),
    responses((status = 200, description = "Files, by number", body = Vec<Artifact>)))]
async fn list_files(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
    ValidQuery(query): ValidQuery<FilesQuery>,
) -> Result<Json<Vec<Artifact>>, Problem> {
    lot_in_sight(&app, &actor, Action::IssueCards, id).await?;
    Ok(Json(
        files::listed(app.db.reader(), actor.organisation, ("lot", id), query.after).await?,
    ))
}

/// Download a file of a lot
///
/// Whole, or a range of it. Each download is counted and audited.
#[utoipa::path(get, path = "/lots/{id}/files/{file}", tag = "lots", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The lot's row", example = 2),
        ("file" = i64, Path, description = "The file's number", example = 12),
        ("Range" = Option<String>, Header, description = "Which bytes", max_length = 100)),
    responses((status = 200, description = "The file", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 206, description = "The range", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 410, description = "Its time is over", body = Document, content_type = MEDIA_TYPE),
        (status = 416, description = "The file has no such bytes", body = Document, content_type = MEDIA_TYPE)))]
async fn download(
    State(app): State<App>,
    actor: Actor,
    ValidPath((id, file)): ValidPath<(i64, i64)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    lot_in_sight(&app, &actor, Action::IssueCards, id).await?;
    let all = files::listed(
        app.db.reader(),
        actor.organisation,
        ("lot", id),
        file.saturating_sub(1),
    )
    .await?;
    let found = all.into_iter().find(|one| one.id == file);
    let found = found.ok_or_else(|| Problem::new(Kind::NotFound))?;
    files::serve(&app, &actor, &found, &headers).await
}
