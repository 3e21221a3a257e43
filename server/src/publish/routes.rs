//! `/publications`: what phones and portals know of cards, as files.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::record::{self, Publication};
use crate::access::{Action, Actor, Target, decide};
use crate::app::App;
use crate::input::{Faults, ValidPath, ValidQuery, Validate};
use crate::problem::{Document, Kind, MEDIA_TYPE, Problem};

/// The routes of publications, for the router.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(file))
}

/// Which publications.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only trust, status, delta, portal or bundle.
    #[param(example = "portal", max_length = 10)]
    kind: Option<String>,
}

impl Validate for ListQuery {
    fn check(&self, faults: &mut Faults) {
        let known = ["trust", "status", "delta", "portal", "bundle"];
        let is_known = self.kind.as_deref().is_none_or(|kind| known.contains(&kind));
        faults.demand(is_known, "?kind", "trust, status, delta, portal or bundle");
    }
}

/// Something that was published.
#[derive(Debug, Serialize, ToSchema)]
struct PublicationView {
    /// Its row.
    id: i64,
    /// trust, status, delta, portal or bundle.
    #[schema(example = "portal")]
    kind: String,
    /// The campaign's prefix of a portal; empty for the others.
    #[schema(example = "MAL26")]
    campaign: String,
    /// Its number.
    number: i64,
    /// Of a delta, the number of the list that it carries forward.
    base: i64,
    /// The day before which it speaks of cards.
    covers_before: Option<String>,
    /// Its bytes.
    bytes: i64,
    /// SHA-256 of them, in hexadecimal digits.
    sha256: String,
    /// When it was published, in milliseconds since 1970.
    at: i64,
}

impl From<Publication> for PublicationView {
    fn from(one: Publication) -> Self {
        Self {
            id: one.id,
            kind: one.kind,
            campaign: one.scope,
            number: one.number,
            base: one.base,
            covers_before: one.covers_before.map(|day| day.to_string()),
            bytes: one.bytes,
            sha256: data_encoding::HEXLOWER.encode(&one.sha256),
            at: one.at,
        }
    }
}

/// What was published
#[utoipa::path(get, path = "/publications", tag = "publications", security(("bearer" = [])), params(ListQuery),
    responses((status = 200, description = "The latest first", body = Vec<PublicationView>)))]
async fn list(
    State(app): State<App>,
    actor: Actor,
    ValidQuery(query): ValidQuery<ListQuery>,
) -> Result<Json<Vec<PublicationView>>, Problem> {
    decide(&actor, Action::IssueCards, &Target::whole(actor.organisation))?;
    let all = record::publications(app.db.reader(), actor.organisation, query.kind.as_deref()).await?;
    Ok(Json(all.into_iter().map(PublicationView::from).collect()))
}

/// A publication's file
///
/// Signed, and without anything about a person: it may be given to anyone.
#[utoipa::path(get, path = "/publications/{id}/file", tag = "publications", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The publication's row", example = 4)),
    responses((status = 200, description = "The file", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 410, description = "It is no longer kept", body = Document, content_type = MEDIA_TYPE)))]
async fn file(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
) -> Result<Response, Problem> {
    decide(&actor, Action::IssueCards, &Target::whole(actor.organisation))?;
    let found = record::one(app.db.reader(), actor.organisation, id).await?;
    let found = found.ok_or_else(|| Problem::new(Kind::NotFound))?;
    let bytes = app.files.get(&found.path).await?;
    let kind = match found.kind.as_str() {
        "portal" => "application/json",
        _ => "application/octet-stream",
    };
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], bytes).into_response())
}
