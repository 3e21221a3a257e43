//! One person's record: `GET` and `PATCH /mpi/{mpi_id}`, and taking it out of use.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use teranga_core::person::Demographics;

use super::super::dto::{DeactivateRequest, PersonForm, PersonPatch, PersonView, Reason};
use super::super::search::Found;
use super::{changed, in_sight, person_of, tell};
use crate::access::{Action, Actor, Area, Target, decide};
use crate::app::App;
use crate::input::{ValidJson, ValidPath};
use crate::problem::{Document, Kind, MEDIA_TYPE, Problem};

/// Read a person
///
/// A number that was merged leads to the survivor, whose number the answer has.
#[utoipa::path(get, path = "/mpi/{mpi_id}", tag = "mpi", security(("bearer" = [])),
    params(("mpi_id" = String, Path, description = "The MPI id", example = "SN-DKR-26-9XQ7LM2A")),
    responses((status = 200, description = "The person", body = PersonView,
        headers(("ETag" = String, description = "The revision, for If-Match")))))]
pub(super) async fn show(
    State(app): State<App>,
    actor: Actor,
    ValidPath(number): ValidPath<String>,
) -> Result<Response, Problem> {
    let found = in_sight(&app, &actor, Action::ReadPerson, &number).await?;
    tell(&app, &actor, "person.read", format!("identity:{}", found.id)).await?;
    Ok(with_etag(&found))
}

/// Correct a person's data
///
/// A JSON merge patch (RFC 7396) of `person`: fields that are missing stay as they are, null removes one. `If-Match` must
/// have the `ETag` of what was read, so that nobody's correction is lost.
#[utoipa::path(patch, path = "/mpi/{mpi_id}", tag = "mpi", security(("bearer" = [])),
    request_body(content = PersonPatch, content_type = "application/merge-patch+json"),
    params(("mpi_id" = String, Path, description = "The MPI id", example = "SN-DKR-26-9XQ7LM2A"),
        ("If-Match" = String, Header, description = "The ETag of what was read", example = "\"1\"")),
    responses((status = 200, description = "The person as corrected", body = PersonView,
            headers(("ETag" = String, description = "The new revision"))),
        (status = 409, description = "It cannot be", body = Document, content_type = MEDIA_TYPE),
        (status = 412, description = "Changed meanwhile", body = Document, content_type = MEDIA_TYPE),
        (status = 507, description = "No room left", body = Document, content_type = MEDIA_TYPE)))]
pub(super) async fn correct(
    State(app): State<App>,
    actor: Actor,
    ValidPath(number): ValidPath<String>,
    headers: HeaderMap,
    ValidJson(patch): ValidJson<PersonPatch>,
) -> Result<Response, Problem> {
    let found = in_sight(&app, &actor, Action::CorrectPerson, &number).await?;
    let revision = if_match(&headers)?;
    let form = patch.applied(&PersonForm::from(&found.person))?;
    let mut person = person_of(&app, &actor, "", &form).await?;
    keep_vouched(&mut person, &found.person);
    let area = Area::of_place(&person.place);
    decide(
        &actor,
        Action::CorrectPerson,
        &Target::within(actor.organisation, area),
    )?;
    let corrected = changed(&app, &actor, move |tx, actor| {
        Box::pin(async move { crate::mpi::correct(tx, actor, &found.number, Some(revision), person).await })
    })
    .await?;
    Ok(with_etag(&corrected))
}

/// Take an identity out of use
///
/// Its number still leads to it, and nobody is linked to it without a person.
#[utoipa::path(post, path = "/mpi/{mpi_id}/deactivate", tag = "mpi", security(("bearer" = [])),
    request_body = DeactivateRequest,
    params(("mpi_id" = String, Path, description = "The MPI id", example = "SN-DKR-26-9XQ7LM2A")),
    responses((status = 200, description = "The identity", body = PersonView)))]
pub(super) async fn deactivate(
    State(app): State<App>,
    actor: Actor,
    ValidPath(number): ValidPath<String>,
    ValidJson(form): ValidJson<DeactivateRequest>,
) -> Result<Json<PersonView>, Problem> {
    let found = in_sight(&app, &actor, Action::DeactivatePerson, &number).await?;
    let reason = match form.reason {
        Reason::Deceased => "deceased",
        Reason::Moved => "moved",
        Reason::OwnRequest => "own-request",
        Reason::Mistake => "mistake",
    };
    let done = changed(&app, &actor, move |tx, actor| {
        Box::pin(async move { crate::mpi::deactivate(tx, actor, &found.number, reason).await })
    })
    .await?;
    Ok(Json(PersonView::from(&done)))
}

/// What was vouched for before stays so, whoever corrects the rest.
fn keep_vouched(person: &mut Demographics, before: &Demographics) {
    for one in &mut person.identifiers {
        let was =
            |old: &&teranga_core::person::ExternalId| old.system == one.system && old.value == one.value;
        one.verified |= before
            .identifiers
            .iter()
            .find(was)
            .is_some_and(|old| old.verified);
    }
}

fn with_etag(found: &Found) -> Response {
    let mut response = Json(PersonView::from(found)).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", found.revision)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

fn if_match(headers: &HeaderMap) -> Result<i32, Problem> {
    let text = headers
        .get(header::IF_MATCH)
        .and_then(|value| value.to_str().ok());
    let Some(text) = text else {
        return Err(Problem::new(Kind::Malformed)
            .saying("send If-Match with the ETag of what was read, so that no one's correction is lost"));
    };
    let revision = text.trim().trim_matches('"').parse();
    revision.map_err(|_| Problem::new(Kind::Changed))
}
