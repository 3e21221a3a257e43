//! `/mpi`: registering, finding, correcting and joining people.
//!
//! Who may do what is decided by the place where the person lives. A search or a match shows people of one's own areas and
//! says of others only that there are some; both are audited with their purpose, since they tell who is registered.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use teranga_core::person::{Demographics, MpiId, Place};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::dto::{
    self, DeactivateRequest, LinkRequest, MatchRequest, MatchView, Matches, MergeRequest, People, PersonForm,
    PersonPatch, PersonView, Purpose, Reason, RegisterRequest, Registered, SearchQuery,
};
use super::search::{self, Found, Question};
use super::{Index, MpiError, Registration};
use crate::access::{Action, Actor, Area, Scope, Target, Who, decide, scope};
use crate::app::{App, Rate};
use crate::audit;
use crate::db::{DbError, Tx, Writing, sql};
use crate::input::{ValidJson, ValidPath, ValidQuery};
use crate::org;
use crate::problem::{Document, Kind, MEDIA_TYPE, Problem};

/// Searches and matches of one session or token a minute: enough for a clinic, too few to copy a register.
const SEARCHES_A_MINUTE: u32 = 300;

/// The routes of the index, for the router.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(find))
        .routes(routes!(match_person))
        .routes(routes!(merge))
        .routes(routes!(show, correct))
        .routes(routes!(unmerge))
        .routes(routes!(deactivate))
        .routes(routes!(link_dhis2))
        .routes(routes!(resolve_dhis2))
}

/// The index of a server.
pub fn index(app: &App) -> Arc<Index> {
    app.room(|parts| Index::new(parts.db.clone()))
}

impl From<MpiError> for Problem {
    fn from(error: MpiError) -> Self {
        match error {
            MpiError::Db(error) => error.into(),
            MpiError::Number(error) => Self::field("/person/region", error.to_string()),
            MpiError::Unknown => Self::new(Kind::NotFound),
            MpiError::OtherKey => Self::new(Kind::Conflict).saying(error.to_string()),
            MpiError::Taken => Self::new(Kind::Conflict).saying(error.to_string()),
            MpiError::Changed => Self::new(Kind::Changed),
            MpiError::Refused(words) => Self::new(Kind::Conflict).saying(words),
        }
    }
}

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
async fn register(
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

/// Find people
///
/// By a name in any spelling, an MPI id, or an identifier of another system. Only people of one's own areas are shown; of
/// others the answer says only that there are some (`elsewhere`). Audited with its purpose.
#[utoipa::path(get, path = "/mpi/search", tag = "mpi", security(("bearer" = [])), params(SearchQuery),
    responses((status = 200, description = "Who was found", body = People)))]
async fn find(
    State(app): State<App>,
    actor: Actor,
    ValidQuery(query): ValidQuery<SearchQuery>,
) -> Result<Json<People>, Problem> {
    let sight = scope(&actor, Action::SearchPeople)?;
    let question = question(&actor, &query)?;
    looked(&app, &actor, "person.search", query.purpose).await?;
    let hits = search::search(app.db.reader(), &question, |person| covers(&sight, person)).await?;
    Ok(Json(People {
        people: hits.people.iter().map(PersonView::from).collect(),
        more: hits.more,
        elsewhere: hits.elsewhere,
    }))
}

/// Compare a person with the register
///
/// Whom the person could be, with the reasons; nothing is registered. Audited with its purpose.
#[utoipa::path(post, path = "/mpi/match", tag = "mpi", security(("bearer" = [])), request_body = MatchRequest,
    responses((status = 200, description = "Whom the person could be", body = Matches)))]
async fn match_person(
    State(app): State<App>,
    actor: Actor,
    ValidJson(form): ValidJson<MatchRequest>,
) -> Result<Json<Matches>, Problem> {
    let sight = scope(&actor, Action::SearchPeople)?;
    let person = person_of(&app, &actor, "/person", &form.person).await?;
    looked(&app, &actor, "person.match", form.purpose).await?;
    let matches = search::matches(app.db.reader(), actor.organisation, &person, 100).await?;
    let (seen, hidden): (Vec<_>, Vec<_>) = matches.iter().partition(|one| covers(&sight, &one.found.person));
    Ok(Json(Matches {
        candidates: seen.into_iter().take(form.limit).map(MatchView::from).collect(),
        elsewhere: !hidden.is_empty(),
    }))
}

/// Read a person
///
/// A number that was merged leads to the survivor, whose number the answer has.
#[utoipa::path(get, path = "/mpi/{mpi_id}", tag = "mpi", security(("bearer" = [])),
    params(("mpi_id" = String, Path, description = "The MPI id", example = "SN-DKR-26-9XQ7LM2A")),
    responses((status = 200, description = "The person", body = PersonView,
        headers(("ETag" = String, description = "The revision, for If-Match")))))]
async fn show(
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
async fn correct(
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
        Box::pin(async move { super::correct(tx, actor, &found.number, Some(revision), person).await })
    })
    .await?;
    Ok(with_etag(&corrected))
}

/// Merge two identities
///
/// Both numbers lead to the survivor afterwards. Cards of both go on verifying.
#[utoipa::path(post, path = "/mpi/merge", tag = "mpi", security(("bearer" = [])), request_body = MergeRequest,
    responses((status = 200, description = "The survivor", body = PersonView),
        (status = 409, description = "They are one already, or the number was merged before", body = Document,
            content_type = MEDIA_TYPE)))]
async fn merge(
    State(app): State<App>,
    actor: Actor,
    ValidJson(form): ValidJson<MergeRequest>,
) -> Result<Json<PersonView>, Problem> {
    let survivor = in_sight(&app, &actor, Action::JoinPeople, &form.survivor).await?;
    in_sight(&app, &actor, Action::JoinPeople, &form.duplicate).await?;
    let other = number_of(&form.duplicate)?;
    let merged = changed(&app, &actor, move |tx, actor| {
        Box::pin(async move {
            super::merge(tx, actor, &survivor.number, &other).await?;
            super::get(tx, actor.organisation, &survivor.number).await
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
async fn unmerge(
    State(app): State<App>,
    actor: Actor,
    ValidPath(number): ValidPath<String>,
) -> Result<Json<PersonView>, Problem> {
    in_sight(&app, &actor, Action::JoinPeople, &number).await?;
    let number = number_of(&number)?;
    let apart = changed(&app, &actor, move |tx, actor| {
        Box::pin(async move {
            super::undo(tx, actor, &number).await?;
            super::get(tx, actor.organisation, &number).await
        })
    })
    .await?;
    Ok(Json(PersonView::from(&apart)))
}

/// Take an identity out of use
///
/// Its number still leads to it, and nobody is linked to it without a person.
#[utoipa::path(post, path = "/mpi/{mpi_id}/deactivate", tag = "mpi", security(("bearer" = [])),
    request_body = DeactivateRequest,
    params(("mpi_id" = String, Path, description = "The MPI id", example = "SN-DKR-26-9XQ7LM2A")),
    responses((status = 200, description = "The identity", body = PersonView)))]
async fn deactivate(
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
        Box::pin(async move { super::deactivate(tx, actor, &found.number, reason).await })
    })
    .await?;
    Ok(Json(PersonView::from(&done)))
}

/// Say which tracked entity of DHIS2 a person is
#[utoipa::path(post, path = "/mpi/{mpi_id}/link-dhis2", tag = "mpi", security(("bearer" = [])),
    request_body = LinkRequest,
    params(("mpi_id" = String, Path, description = "The MPI id", example = "SN-DKR-26-9XQ7LM2A")),
    responses((status = 200, description = "The person", body = PersonView),
        (status = 409, description = "Another identity has the UID", body = Document, content_type = MEDIA_TYPE)))]
async fn link_dhis2(
    State(app): State<App>,
    actor: Actor,
    ValidPath(number): ValidPath<String>,
    ValidJson(form): ValidJson<LinkRequest>,
) -> Result<Json<PersonView>, Problem> {
    let found = in_sight(&app, &actor, Action::LinkPerson, &number).await?;
    let linked = changed(&app, &actor, move |tx, actor| {
        Box::pin(async move { super::link(tx, actor, &found.number, "dhis2", &form.uid).await })
    })
    .await?;
    Ok(Json(PersonView::from(&linked)))
}

/// Find the person of a tracked entity of DHIS2
#[utoipa::path(get, path = "/mpi/resolve-dhis2/{uid}", tag = "mpi", security(("bearer" = [])),
    params(("uid" = String, Path, description = "The UID in DHIS2", example = "dfkGaIi9V2s")),
    responses((status = 200, description = "The person", body = PersonView)))]
async fn resolve_dhis2(
    State(app): State<App>,
    actor: Actor,
    ValidPath(uid): ValidPath<String>,
) -> Result<Json<PersonView>, Problem> {
    let sight = scope(&actor, Action::ReadPerson)?;
    if !dto::is_dhis2_uid(&uid) {
        return Err(Problem::new(Kind::NotFound));
    }
    let roots = search::of_identifier(app.db.reader(), actor.organisation, Some("dhis2"), &uid).await?;
    let found = search::load(app.db.reader(), &roots).await?;
    let found = found.into_iter().find(|found| covers(&sight, &found.person));
    let found = found.ok_or_else(|| Problem::new(Kind::NotFound))?;
    tell(&app, &actor, "person.read", format!("identity:{}", found.id)).await?;
    Ok(Json(PersonView::from(&found)))
}

/// The identity behind a number, if the actor may do something to it.
pub(crate) async fn in_sight(
    app: &App,
    actor: &Actor,
    action: Action,
    number: &str,
) -> Result<Found, Problem> {
    scope(actor, action)?;
    let number = number_of(number)?;
    let found = super::get(app.db.reader(), actor.organisation, &number).await?;
    let area = Area::of_place(&found.person.place);
    decide(actor, action, &Target::within(actor.organisation, area))?;
    Ok(found)
}

fn number_of(text: &str) -> Result<MpiId, Problem> {
    MpiId::parse(text).map_err(|_| Problem::new(Kind::NotFound))
}

fn covers(sight: &Scope, person: &Demographics) -> bool {
    sight.covers(&Area::of_place(&person.place))
}

fn area_of_number(number: &MpiId) -> Area {
    Area::of_place(&Place {
        country: number.country().to_owned(),
        region: number.region().to_owned(),
        ..Place::default()
    })
}

/// A change of the index in a transaction that no registration runs beside.
pub(crate) async fn changed<T, F>(app: &App, actor: &Actor, change: F) -> Result<T, Problem>
where
    F: for<'tx> FnOnce(&'tx Tx, &'tx Actor) -> Writing<'tx, Result<T, MpiError>> + Send + 'static,
    T: Send + 'static,
{
    let actor = actor.clone();
    let done: Result<T, MpiError> = app
        .db
        .write_under(super::structure(actor.organisation), move |tx| {
            Box::pin(async move { change(tx, &actor).await })
        })
        .await;
    Ok(done?)
}

async fn person_of(app: &App, actor: &Actor, at: &str, form: &PersonForm) -> Result<Demographics, Problem> {
    const COUNTRY: &str = "SELECT country FROM organisations WHERE id = $1";
    let row = sql::one(app.db.reader(), COUNTRY, [actor.organisation.into()]).await?;
    let country: String = row
        .map(|row| row.try_get_by_index(0))
        .transpose()?
        .unwrap_or_default();
    form.person(at, &country, matches!(actor.who, Who::Token(_)))
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

fn question(actor: &Actor, query: &SearchQuery) -> Result<Question, Problem> {
    let filled = |text: &Option<String>| {
        let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty());
        text.map(str::to_owned)
    };
    let number = filled(&query.mpi_id).map(|text| MpiId::parse(&text));
    let area = filled(&query.area).unwrap_or_default();
    area.parse::<Area>()
        .map_err(|error| Problem::field("?area", error.to_string()))?;
    Ok(Question {
        organisation: actor.organisation,
        name: filled(&query.name).unwrap_or_default(),
        birth: dto::birth(query.date_of_birth.as_deref(), "?date_of_birth")?,
        number: number
            .transpose()
            .map_err(|error| Problem::field("?mpi_id", error.to_string()))?,
        identifier: filled(&query.external_id).map(|value| (filled(&query.system), value)),
        area,
        most: query.limit,
    })
}

/// Counts a look into the register against its limit, and writes it down.
async fn looked(app: &App, actor: &Actor, action: &'static str, purpose: Purpose) -> Result<(), Problem> {
    struct Looks(Rate<String>);
    let looks = app.room(|_| Looks(Rate::per_minute(SEARCHES_A_MINUTE)));
    looks
        .0
        .admit(&actor.name())
        .map_err(|seconds| Problem::new(Kind::TooManyRequests).retry_after(seconds))?;
    let purpose = match purpose {
        Purpose::Registration => "registration",
        Purpose::Care => "care",
        Purpose::Correction => "correction",
        Purpose::Review => "review",
        Purpose::OwnRequest => "own-request",
    };
    tell(app, actor, action, format!("purpose:{purpose}")).await
}

/// Writes down that something was read.
pub(crate) async fn tell(
    app: &App,
    actor: &Actor,
    action: &'static str,
    target: String,
) -> Result<(), Problem> {
    let entry = actor.entry(action, target);
    let told: Result<i64, DbError> = app
        .db
        .write(move |tx| Box::pin(async move { audit::record(tx, &entry).await }))
        .await;
    told?;
    Ok(())
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

#[cfg(test)]
mod tests;
