//! Saying who is one person: merging, taking a merge back, and the tracked entity of DHIS2 that a person is.

use axum::Json;
use axum::extract::State;

use super::super::dto::{LinkRequest, MergeRequest, PersonView};
use super::{changed, in_sight, number_of};
use crate::access::{Action, Actor};
use crate::app::App;
use crate::input::{ValidJson, ValidPath};
use crate::mpi;
use crate::problem::{Document, MEDIA_TYPE, Problem};

/// Merge two identities
///
/// Both numbers lead to the survivor afterwards. Cards of both go on verifying.
#[utoipa::path(post, path = "/mpi/merge", tag = "mpi", security(("bearer" = [])), request_body = MergeRequest,
    responses((status = 200, description = "The survivor", body = PersonView),
        (status = 409, description = "They are one already, or the number was merged before", body = Document,
            content_type = MEDIA_TYPE)))]
pub(super) async fn merge(
    State(app): State<App>,
    actor: Actor,
    ValidJson(form): ValidJson<MergeRequest>,
) -> Result<Json<PersonView>, Problem> {
    let survivor = in_sight(&app, &actor, Action::JoinPeople, &form.survivor).await?;
    in_sight(&app, &actor, Action::JoinPeople, &form.duplicate).await?;
    let other = number_of(&form.duplicate)?;
    let merged = changed(&app, &actor, move |tx, actor| {
        Box::pin(async move {
            mpi::merge(tx, actor, &survivor.number, &other).await?;
            mpi::get(tx, actor.organisation, &survivor.number).await
        })
    })
    .await?;
    Ok(Json(PersonView::from(&merged)))
}

/// Take a merge back
///
/// The number that was merged stands for itself again, and both records are as they were. The two are never joined again
/// without a person.
#[utoipa::path(post, path = "/mpi/{mpi_id}/unmerge", tag = "mpi", security(("bearer" = [])),
    params(("mpi_id" = String, Path, description = "The MPI id that was merged", example = "SN-DKR-26-4T8KZB6C")),
    responses((status = 200, description = "The identity that stands for itself again", body = PersonView),
        (status = 409, description = "There is no merge to take back", body = Document, content_type = MEDIA_TYPE)))]
pub(super) async fn unmerge(
    State(app): State<App>,
    actor: Actor,
    ValidPath(number): ValidPath<String>,
) -> Result<Json<PersonView>, Problem> {
    in_sight(&app, &actor, Action::JoinPeople, &number).await?;
    let number = number_of(&number)?;
    let apart = changed(&app, &actor, move |tx, actor| {
        Box::pin(async move {
            mpi::undo(tx, actor, &number).await?;
            mpi::get(tx, actor.organisation, &number).await
        })
    })
    .await?;
    Ok(Json(PersonView::from(&apart)))
}

/// Say which tracked entity of DHIS2 a person is
#[utoipa::path(post, path = "/mpi/{mpi_id}/link-dhis2", tag = "mpi", security(("bearer" = [])),
    request_body = LinkRequest,
    params(("mpi_id" = String, Path, description = "The MPI id", example = "SN-DKR-26-9XQ7LM2A")),
    responses((status = 200, description = "The person", body = PersonView),
        (status = 409, description = "Another identity has the UID", body = Document, content_type = MEDIA_TYPE)))]
pub(super) async fn link_dhis2(
    State(app): State<App>,
    actor: Actor,
    ValidPath(number): ValidPath<String>,
    ValidJson(form): ValidJson<LinkRequest>,
) -> Result<Json<PersonView>, Problem> {
    let found = in_sight(&app, &actor, Action::LinkPerson, &number).await?;
    let linked = changed(&app, &actor, move |tx, actor| {
        Box::pin(async move { mpi::link(tx, actor, &found.number, "dhis2", &form.uid).await })
    })
    .await?;
    Ok(Json(PersonView::from(&linked)))
}
