//! `POST /mpi/register`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use teranga_core::person::{MpiId, Place};

use super::super::Registration;
use super::super::dto::{self, RegisterRequest, Registered};
use super::{index, person_of};
use crate::access::{Action, Actor, Area, Target, decide, scope};
use crate::app::App;
use crate::input::ValidJson;
use crate::org;
use crate::problem::{Document, Kind, MEDIA_TYPE, Problem};

/// Register a person
///
/// Finds out whether the person is registered already and answers with their MPI id or a new one. Send an
/// `Idempotency-Key` (1 to 100 visible characters) with each registration: the same key with the same person gets the same
/// answer again, so that a request whose answer was lost can be repeated.
#[utoipa::path(post, path = "/mpi/register", tag = "mpi", security(("bearer" = [])), request_body = RegisterRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "Names the registration", max_length = 100)),
    responses((status = 201, description = "A new identity", body = Registered),
        (status = 200, description = "Someone who was registered already", body = Registered),
        (status = 409, description = "The key was used for another person", body = Document, content_type = MEDIA_TYPE),
        (status = 507, description = "No room left", body = Document, content_type = MEDIA_TYPE)))]
pub(super) async fn register(
    State(app): State<App>,
    actor: Actor,
    headers: HeaderMap,
    ValidJson(form): ValidJson<RegisterRequest>,
) -> Result<(StatusCode, Json<Registered>), Problem> {
    let person = person_of(&app, &actor, "/person", &form.person).await?;
    let area = Area::of_place(&person.place);
    decide(
        &actor,
        Action::RegisterPerson,
        &Target::within(actor.organisation, area),
    )?;
    let program = match &form.program {
        None => None,
        Some(code) => Some(program_of(&app, actor.organisation, code).await?),
    };
    let registration = Registration {
        actor: actor.clone(),
        person,
        source: "api".to_owned(),
        program,
        key: idempotency_key(&headers)?.map(|key| format!("{}/{key}", actor.name())),
    };
    let outcome = index(&app).register(registration).await?;
    let sight = scope(&actor, Action::SearchPeople);
    let seen = Registered::new(&outcome, |number| {
        sight
            .as_ref()
            .is_ok_and(|sight| sight.covers(&area_of_number(number)))
    });
    let status = match seen.decision {
        dto::DecisionView::Linked => StatusCode::OK,
        _ => StatusCode::CREATED,
    };
    Ok((status, Json(seen)))
}

fn area_of_number(number: &MpiId) -> Area {
    Area::of_place(&Place {
        country: number.country().to_owned(),
        region: number.region().to_owned(),
        ..Place::default()
    })
}

async fn program_of(app: &App, organisation: i64, code: &str) -> Result<i64, Problem> {
    let program = org::program(app.db.reader(), organisation, code).await?;
    let open = program.filter(|program| program.closed.is_none());
    open.map(|program| program.id).ok_or_else(|| {
        Problem::field(
            "/program",
            "the code of a program of the organization that is not closed",
        )
    })
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value.to_str().ok().map(str::trim);
    let key =
        key.filter(|key| (1..=100).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()));
    match key {
        Some(key) => Ok(Some(key.to_owned())),
        None => {
            Err(Problem::new(Kind::Malformed).saying("an Idempotency-Key has 1 to 100 visible characters"))
        }
    }
}
