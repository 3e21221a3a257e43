//! Whether the server lives, and whether it can work.

use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::db::sql;
use crate::problem::{Kind, Problem};

/// The answer of a server that is well.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Health {
    /// `ok`.
    pub status: &'static str,
    /// The program's version.
    pub version: &'static str,
}

const WELL: Health = Health {
    status: "ok",
    version: env!("CARGO_PKG_VERSION"),
};

/// The process lives
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, body = Health)))]
pub async fn alive() -> Json<Health> {
    Json(WELL)
}

/// The server can do its work
///
/// A load balancer sends no requests while this answers 503.
#[utoipa::path(get, path = "/readyz", tag = "health", responses((status = 200, body = Health)))]
pub async fn ready(State(app): State<App>) -> Result<Json<Health>, Problem> {
    let answered = sql::number(app.db.reader(), "SELECT count(*)", []).await;
    answered.map_err(|error| Problem::new(Kind::Unavailable).because(error))?;
    Ok(Json(WELL))
}
