//! The routes by which supervisors look after the phones of their area.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use data_encoding::BASE64;
use teranga_core::wire::downlink::Message;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::dto::{
    BlanksRequest, BlanksView, Command, DeviceView, ReinstatedView, RevokeRequest, SyncView, TicketRequest,
    TicketView,
};
use super::{pool, supervise, ticket};
use crate::access::{Action, Actor, Area, Target, decide, scope};
use crate::app::App;
use crate::input::{ValidJson, ValidPath};
use crate::org;
use crate::problem::{Document, Kind, MEDIA_TYPE, Problem};

/// The routes, for the router.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(invite))
        .routes(routes!(show))
        .routes(routes!(history))
        .routes(routes!(command))
        .routes(routes!(revoke))
        .routes(routes!(reinstate))
        .routes(routes!(blanks))
}

/// Devices
#[utoipa::path(get, path = "/devices", tag = "devices", security(("bearer" = [])),
    responses((status = 200, description = "The devices of the areas of whoever asks", body = Vec<DeviceView>)))]
async fn list(State(app): State<App>, actor: Actor) -> Result<Json<Vec<DeviceView>>, Problem> {
    let scope = scope(&actor, Action::ManageDevices)?;
    Ok(Json(supervise::list(&app, &scope).await?))
}

/// Invite a device
///
/// Makes a ticket that lets one device in within fifteen minutes. Show its QR code to the device.
#[utoipa::path(post, path = "/devices/tickets", tag = "devices", security(("bearer" = [])),
    request_body = TicketRequest, responses((status = 201, description = "The ticket", body = TicketView)))]
async fn invite(
    State(app): State<App>,
    actor: Actor,
    ValidJson(form): ValidJson<TicketRequest>,
) -> Result<(StatusCode, Json<TicketView>), Problem> {
    let area: Area = form
        .area
        .parse()
        .map_err(|error: crate::access::AreaError| Problem::field("/area", error.to_string()))?;
    let target = Target::within(actor.organisation, area.clone());
    decide(&actor, Action::ManageDevices, &target)?;
    let wanted = ticket::Wanted {
        name: form.name,
        area,
        server: form.server.trim_end_matches('/').to_owned(),
    };
    let made = ticket::make(&app.db, &app.keys, &actor, wanted).await?;
    let png = teranga_render::qr::png::draw(&ticket::code(&made)?, 8, 300).map_err(Problem::internal)?;
    let view = TicketView {
        device: made.device,
        text: made.text,
        png: BASE64.encode(&png),
        expires: made.expires,
    };
    Ok((StatusCode::CREATED, Json(view)))
}

/// A device
#[utoipa::path(get, path = "/devices/{id}", tag = "devices", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The device's number", example = 7)),
    responses((status = 200, description = "The device", body = DeviceView)))]
async fn show(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
) -> Result<Json<DeviceView>, Problem> {
    supervise::demand(&app, &actor, id).await?;
    let view = supervise::show(&app, actor.organisation, id).await?;
    view.map(Json).ok_or_else(|| Problem::new(Kind::NotFound))
}

/// What a device did
///
/// Its syncs, the last first, at most 500.
#[utoipa::path(get, path = "/devices/{id}/syncs", tag = "devices", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The device's number", example = 7)),
    responses((status = 200, description = "Its syncs", body = Vec<SyncView>)))]
async fn history(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
) -> Result<Json<Vec<SyncView>>, Problem> {
    supervise::demand(&app, &actor, id).await?;
    Ok(Json(supervise::history(&app, id).await?))
}

/// Tell a device to do something
///
/// It obeys when it next reaches the server.
#[utoipa::path(post, path = "/devices/{id}/commands", tag = "devices", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The device's number", example = 7)), request_body = Command,
    responses((status = 204, description = "The command waits for the device"),
        (status = 409, description = "The device has not enrolled yet", body = Document, content_type = MEDIA_TYPE)))]
async fn command(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
    ValidJson(form): ValidJson<Command>,
) -> Result<StatusCode, Problem> {
    supervise::demand(&app, &actor, id).await?;
    let device = supervise::enrolled(&app, &actor, id).await?;
    let (message, action) = match form {
        Command::Lock => (Message::Lock, "device.lock"),
        Command::Unlock => (Message::Unlock, "device.unlock"),
        Command::EnableUser { user } => (Message::EnableUser { user }, "device.enable-user"),
    };
    supervise::command(&app, &actor, device, message, action).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Revoke a device
///
/// It gets nothing more but commands; what it still sends is kept aside, since it may be real work.
#[utoipa::path(post, path = "/devices/{id}/revoke", tag = "devices", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The device's number", example = 7)), request_body = RevokeRequest,
    responses((status = 204, description = "The device is revoked")))]
async fn revoke(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
    ValidJson(form): ValidJson<RevokeRequest>,
) -> Result<StatusCode, Problem> {
    supervise::demand(&app, &actor, id).await?;
    supervise::revoke(&app.db, &actor, id, form.wipe).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a revocation back
///
/// What was kept aside is taken in.
#[utoipa::path(post, path = "/devices/{id}/reinstate", tag = "devices", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The device's number", example = 7)),
    responses((status = 200, description = "What became of the packets that were kept aside", body = ReinstatedView),
        (status = 409, description = "The device has not enrolled yet", body = Document, content_type = MEDIA_TYPE)))]
async fn reinstate(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
) -> Result<Json<ReinstatedView>, Problem> {
    supervise::demand(&app, &actor, id).await?;
    let device = supervise::enrolled(&app, &actor, id).await?;
    Ok(Json(supervise::reinstate(&app, &actor, device).await?))
}

/// Give a device blank cards
#[utoipa::path(post, path = "/devices/{id}/blanks", tag = "devices", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The device's number", example = 7)), request_body = BlanksRequest,
    responses((status = 200, description = "How many there were", body = BlanksView),
        (status = 409, description = "The device has not enrolled yet", body = Document, content_type = MEDIA_TYPE)))]
async fn blanks(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
    ValidJson(form): ValidJson<BlanksRequest>,
) -> Result<Json<BlanksView>, Problem> {
    supervise::demand(&app, &actor, id).await?;
    let device = supervise::enrolled(&app, &actor, id).await?;
    let campaigns = org::campaigns(app.db.reader(), actor.organisation).await?;
    let campaign = campaigns.into_iter().find(|one| one.prefix == form.campaign);
    let campaign = campaign.ok_or_else(|| Problem::field("/campaign", "the prefix of a campaign"))?;
    let count = usize::try_from(form.count).unwrap_or_default();
    let given = pool::give_blanks(&app, &device, campaign.id, count).await?;
    Ok(Json(BlanksView { given }))
}
