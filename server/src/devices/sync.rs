//! The routes that phones call, `/sync/v1/...`; their forms are `teranga_core::wire`.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use teranga_core::wire::batch::{self, PacketsAnswer, PacketsRequest};
use teranga_core::wire::bundle::KycAnswer;
use teranga_core::wire::downlink::DownlinkAnswer;
use teranga_core::wire::enroll::{EnrollAnswer, EnrollRequest};
use teranga_core::wire::relay::{RelayAnswer, RelayRequest};
use teranga_core::wire::session::SessionRequest;
use teranga_core::wire::{VERSION, WireError};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::WireJson;
use super::caller::Session;
use super::{DeviceError, carry, downlink, enroll as enrolling, ingest, relay as relaying, session, signer};
use crate::app::App;
use crate::caller::Caller;
use crate::db::sql;
use crate::input::{ValidPath, ValidQuery, Validate};
use crate::problem::{Document, Kind, MEDIA_TYPE, Problem};

/// The routes, for the router: the first two for anyone, the others for phones in a session.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(enroll))
        .routes(routes!(open_session))
        .routes(routes!(packets))
        .routes(routes!(downlinks))
        .routes(routes!(bundle))
        .routes(routes!(part))
        .routes(routes!(relay))
        .routes(routes!(kyc))
}

fn demand_version(version: u32) -> Result<(), Problem> {
    if version == VERSION {
        return Ok(());
    }
    let error = WireError::FutureVersion(version.into());
    Err(Problem::new(Kind::Malformed).saying(error.to_string()))
}

/// Enroll a device
///
/// A ticket and public keys become a device. The body is that of `teranga_core::wire::enroll`.
#[utoipa::path(post, path = "/sync/v1/enroll", tag = "sync",
    request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "The trust list, and what the device is from now on", body = Object),
        (status = 403, description = "The ticket does not count", body = Document, content_type = MEDIA_TYPE)))]
async fn enroll(
    State(app): State<App>,
    caller: Option<axum::Extension<Caller>>,
    WireJson(request): WireJson<EnrollRequest>,
) -> Result<Json<EnrollAnswer>, Problem> {
    demand_version(request.version)?;
    if let Some(axum::Extension(caller)) = caller {
        // A ticket is 128 random bits; whoever tries many is slowed down all the same.
        let admitted = app.rates.sign_in.admit(&caller.0);
        admitted.map_err(|seconds| Problem::new(Kind::TooManyRequests).retry_after(seconds))?;
    }
    Ok(Json(enrolling::enroll(&app, request).await?))
}

/// Open a session
///
/// With the device's name alone: a challenge. With the challenge signed: a token, and how the device stands.
#[utoipa::path(post, path = "/sync/v1/session", tag = "sync",
    request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "A challenge, or a token", body = Object),
        (status = 401, description = "The device is not known, or the challenge does not count", body = Document, content_type = MEDIA_TYPE)))]
async fn open_session(
    State(app): State<App>,
    WireJson(request): WireJson<SessionRequest>,
) -> Result<Response, Problem> {
    demand_version(request.version)?;
    Ok(match &request.proof {
        None => Json(session::challenge(&app, request.device).await?).into_response(),
        Some(proof) => Json(session::open(&app, request.device, proof).await?).into_response(),
    })
}

/// Send packets
///
/// Each gets a receipt; the same packet again gets the same.
#[utoipa::path(post, path = "/sync/v1/packets", tag = "sync", security(("device" = [])),
    request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "Signed receipts", body = Object)))]
async fn packets(
    State(app): State<App>,
    caller: Session,
    WireJson(request): WireJson<PacketsRequest>,
) -> Result<Json<PacketsAnswer>, Problem> {
    demand_version(request.version)?;
    let packets = batch::read(&request.batch.0).map_err(DeviceError::from)?;
    let receipts = ingest::take_in(&app, &caller.device, Some(caller.sync), packets).await?;
    Ok(Json(PacketsAnswer {
        version: VERSION,
        receipts: signer::sign(&app, &receipts)?,
        come_back_seconds: session::come_back(caller.device.id),
    }))
}

/// Which downlinks.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AfterQuery {
    /// Only those after this number.
    #[serde(default)]
    #[param(maximum = 9_000_000_000_000_000i64)]
    after: u64,
}

impl Validate for AfterQuery {}

/// What the server has to say
#[utoipa::path(get, path = "/sync/v1/downlink", tag = "sync", security(("device" = [])), params(AfterQuery),
    responses((status = 200, description = "A signed page of sealed messages", body = Object)))]
async fn downlinks(
    State(app): State<App>,
    caller: Session,
    ValidQuery(query): ValidQuery<AfterQuery>,
) -> Result<Json<DownlinkAnswer>, Problem> {
    let (reader, at) = (app.db.reader(), app.clock.millis());
    let (page, more) = downlink::page(reader, &caller.device, query.after, at).await?;
    Ok(Json(DownlinkAnswer {
        version: VERSION,
        page: signer::sign(&app, &page)?,
        more,
    }))
}

/// What the device carries
///
/// The manifest of its bundle, with an `ETag`.
#[utoipa::path(get, path = "/sync/v1/bundle", tag = "sync", security(("device" = [])),
    responses((status = 200, description = "The signed manifest", body = Object),
        (status = 304, description = "The device has it already")))]
async fn bundle(State(app): State<App>, caller: Session, headers: HeaderMap) -> Result<Response, Problem> {
    if caller.device.is_revoked {
        return Err(DeviceError::Revoked.into());
    }
    Ok(carry::http::manifest(&app, &caller.device, &headers).await?)
}

/// A part of a bundle
///
/// The bytes of a part, by the SHA-256 that the manifest names; takes `Range`.
#[utoipa::path(get, path = "/sync/v1/bundle/parts/{hash}", tag = "sync", security(("device" = [])),
    params(("hash" = String, Path, description = "SHA-256 of the part, 64 hexadecimal digits")),
    responses((status = 200, description = "The part", content_type = "application/octet-stream"),
        (status = 206, description = "The asked range of it", content_type = "application/octet-stream")))]
async fn part(
    State(app): State<App>,
    caller: Session,
    ValidPath(hash): ValidPath<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if caller.device.is_revoked {
        return Err(DeviceError::Revoked.into());
    }
    let hash = digest(&hash)?;
    carry::http::part(&app, &caller.device, &hash, &headers).await
}

fn digest(text: &str) -> Result<[u8; 32], Problem> {
    let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok();
    let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| Problem::new(Kind::NotFound))
}

/// Carry the work of other devices
#[utoipa::path(post, path = "/sync/v1/relay", tag = "sync", security(("device" = [])),
    request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "What goes back to each device, sealed", body = Object)))]
async fn relay(
    State(app): State<App>,
    caller: Session,
    WireJson(request): WireJson<RelayRequest>,
) -> Result<Json<RelayAnswer>, Problem> {
    demand_version(request.version)?;
    Ok(Json(relaying::carry(&app, &caller, request).await?))
}

/// In how many programs the holder of a card takes part
///
/// A number and nothing else: no program by name, and none that is sensitive.
#[utoipa::path(get, path = "/sync/v1/kyc/{card}", tag = "sync", security(("device" = [])),
    params(("card" = String, Path, description = "SHA-256 of the card's token, 64 hexadecimal digits")),
    responses((status = 200, description = "The number", body = Object)))]
async fn kyc(
    State(app): State<App>,
    caller: Session,
    ValidPath(card): ValidPath<String>,
) -> Result<Json<KycAnswer>, Problem> {
    const COUNT: &str = "SELECT count(DISTINCT e.programme) FROM cards c JOIN identities h ON h.id = c.identity \
         JOIN identities i ON i.root = h.root JOIN enrollments e ON e.identity = i.id AND e.ended IS NULL \
         JOIN programmes p ON p.id = e.programme AND p.sensitive = 0 \
         WHERE c.token_hash = $1 AND c.organisation = $2 AND c.state = 0";
    if caller.device.is_revoked {
        return Err(DeviceError::Revoked.into());
    }
    let hash = digest(&card)?;
    let values = [hash.to_vec().into(), caller.device.organisation.into()];
    let programs = sql::number(app.db.reader(), COUNT, values).await?;
    Ok(Json(KycAnswer {
        version: VERSION,
        programs: u32::try_from(programs).unwrap_or(u32::MAX),
    }))
}
