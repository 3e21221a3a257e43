//! Looking for people: `GET /mpi/search`, `POST /mpi/match`, `GET /mpi/resolve-dhis2/{uid}`.

use axum::Json;
use axum::extract::State;
use teranga_core::person::MpiId;

use super::super::dto::{self, MatchRequest, MatchView, Matches, People, PersonView, Purpose, SearchQuery};
use super::super::search::{self, Question};
use super::{covers, person_of, tell};
use crate::access::{Action, Actor, Area, scope};
use crate::app::{App, Rate};
use crate::input::{ValidJson, ValidPath, ValidQuery};
use crate::problem::{Kind, Problem};

/// Searches and matches of one session or token a minute: enough for a clinic, too few to copy a register.
const SEARCHES_A_MINUTE: u32 = 300;

/// Find people
///
/// By a name in any spelling, an MPI id, or an identifier of another system. Only people of one's own areas are shown; of
/// others the answer says only that there are some (`elsewhere`). Audited with its purpose.
#[utoipa::path(get, path = "/mpi/search", tag = "mpi", security(("bearer" = [])), params(SearchQuery),
    responses((status = 200, description = "Who was found", body = People)))]
pub(super) async fn find(
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
pub(super) async fn match_person(
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

/// Find the person of a tracked entity of DHIS2
#[utoipa::path(get, path = "/mpi/resolve-dhis2/{uid}", tag = "mpi", security(("bearer" = [])),
    params(("uid" = String, Path, description = "The UID in DHIS2", example = "dfkGaIi9V2s")),
    responses((status = 200, description = "The person", body = PersonView)))]
pub(super) async fn resolve_dhis2(
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
