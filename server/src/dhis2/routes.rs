//! `/dhis2`: connecting, mapping, syncing, and what became of it.
//!
//! Whoever runs programs may do all of it; only a platform-admin may name a server in a private network. The webhook is a
//! nudge to read, and takes nothing from whoever sends it but its secret.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest as _, Sha256};
use teranga_core::ids::{OsRandom, Random as _};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::client::{Base, Client, ClientError, Credentials, Limits, Policy, Program};
use super::dto::{
    AssignCodes, Connected, EnrollmentsQuery, GenerateCards, GuardWord, MappingForm, OfProgramme,
    PreviewQuery, ProgrammeStatus, ProgrammeView, RunNow, ScheduleView, StatusView, SyncSchedule, SyncsQuery,
    TestConnection, WebhookSecret,
};
use super::generate::{self, Chosen};
use super::jobs::Sync;
use super::sync::{EnrollmentOutcome, Room, Run, enrollments, runs, through};
use super::{
    Connection, Dhis2Error, Manners, breaker, card, connect, connection, map, mapping, programme, programmes,
    schedule,
};
use crate::access::{Action, Actor, Target, decide};
use crate::app::App;
use crate::audit;
use crate::campaign::dto::MakingForm;
use crate::campaign::{self, RunView};
use crate::db::{DbError, sql};
use crate::input::{ValidJson, ValidQuery};
use crate::mpi::routes::index;
use crate::problem::{Document, Kind, MEDIA_TYPE, Problem};
use crate::queue;
use crate::studio::DesignForm;

/// The header of the webhook's secret.
const SECRET: &str = "x-webhook-secret";

/// How long a person waits for a DHIS2 server.
const PATIENCE: Duration = Duration::from_secs(20);

/// People in a shard of a run.
const SHARD: u32 = 2_000;

/// The routes of DHIS2, for the router.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(test_connection))
        .routes(routes!(status))
        .routes(routes!(list_programmes))
        .routes(routes!(suggestions))
        .routes(routes!(assign_codes))
        .routes(routes!(sync_schedule))
        .routes(routes!(run_now))
        .routes(routes!(list_syncs))
        .routes(routes!(list_enrollments))
        .routes(routes!(guard_words, add_guard_word))
        .routes(routes!(make_secret))
        .routes(routes!(webhook))
        .routes(routes!(generate_cards))
        .routes(routes!(preview))
}

impl From<Dhis2Error> for Problem {
    fn from(error: Dhis2Error) -> Self {
        match error {
            Dhis2Error::Db(error) => error.into(),
            Dhis2Error::Client(error) => of_client(&error),
            Dhis2Error::Index(error) => error.into(),
            Dhis2Error::Mapping(said) => Self::field("/mappings", said),
            Dhis2Error::NoSuchEnrollment | Dhis2Error::UnknownProgramme => Self::new(Kind::NotFound),
            Dhis2Error::NotConnected | Dhis2Error::NotMapped | Dhis2Error::UnderWay => {
                Self::new(Kind::Conflict).saying(error.to_string())
            }
        }
    }
}

/// What is wrong with what was entered is said at its field; what is wrong there passes.
fn of_client(error: &ClientError) -> Problem {
    let pointer = match error {
        ClientError::SignIn => "/password",
        ClientError::Token => "/token",
        ClientError::Address(_)
        | ClientError::Private
        | ClientError::Redirected
        | ClientError::NotDhis2
        | ClientError::TooOld
        | ClientError::Unreachable => "/url",
        _ => return Problem::new(Kind::Unavailable).saying(error.to_string()),
    };
    Problem::field(pointer, error.to_string())
}

fn runs_programs(actor: &Actor) -> Result<(), Problem> {
    Ok(decide(
        actor,
        Action::ManagePrograms,
        &Target::whole(actor.organisation),
    )?)
}

/// Limits with which a person waits for the answer.
pub(super) fn at_once() -> Limits {
    Limits {
        timeout: PATIENCE,
        tries: 1,
        ..Limits::default()
    }
}

/// Try a DHIS2 server, and keep the connection if it works
///
/// The credentials are kept sealed. An account that could write is taken with a warning; nothing is ever written.
#[utoipa::path(post, path = "/dhis2/test-connection", tag = "dhis2", security(("bearer" = [])),
    request_body = TestConnection, responses((status = 200, description = "It works", body = Connected)))]
async fn test_connection(
    State(app): State<App>,
    actor: Actor,
    ValidJson(form): ValidJson<TestConnection>,
) -> Result<Json<Connected>, Problem> {
    runs_programs(&actor)?;
    if form.own_network {
        decide(&actor, Action::ManageKeys, &Target::whole(actor.organisation))?;
    }
    let (connection, connected) = tried(&actor, form).await?;
    connect(&app.db, &app.vault, &actor, connection).await?;
    Ok(Json(connected))
}

/// Asks a server who it is, with what was entered.
async fn tried(actor: &Actor, form: TestConnection) -> Result<(Connection, Connected), Dhis2Error> {
    let policy = if form.own_network {
        Policy::OwnNetwork
    } else {
        Policy::Public
    };
    let credentials = match (form.username, form.password, form.token) {
        (Some(username), Some(password), _) => Credentials::Basic { username, password },
        (_, _, Some(token)) => Credentials::Token(token),
        _ => return Err(ClientError::SignIn.into()),
    };
    let mut connection = Connection {
        organisation: actor.organisation,
        base: Base::parse(&form.url, policy)?,
        credentials,
        version: String::new(),
        can_write: 0,
        manners: Manners {
            pause_ms: form.pause_ms,
            page_size: form.page_size,
            quiet: form.quiet_hours.unwrap_or_default(),
        },
    };
    let client = connection.client(at_once())?;
    let info = client.info().await?;
    let programs = client.programs().await?;
    let writable = programs.iter().filter(|program| program.can_write).count();
    connection.version.clone_from(&info.version_text);
    connection.can_write = u32::try_from(writable).unwrap_or(u32::MAX);
    let connected = Connected {
        status: "connected",
        dhis2_version: info.version_text,
        server_date: info.date,
        programmes_available: programs.len(),
        warnings: warnings(&programs, form.own_network),
    };
    Ok((connection, connected))
}

fn warnings(programs: &[Program], own_network: bool) -> Vec<String> {
    let writable: Vec<&str> = programs
        .iter()
        .filter(|one| one.can_write)
        .map(|one| one.name.as_str())
        .collect();
    let mut warnings = Vec::new();
    if !writable.is_empty() {
        warnings.push(format!(
            "this account could write to {}: Teranga never does, but ask the DHIS2 administrator for one that can only read",
            writable.join(", ")
        ));
    }
    if programs.is_empty() {
        warnings
            .push("the account sees no tracker program: ask the DHIS2 administrator to share one".to_owned());
    }
    if own_network {
        warnings.push("the server may lie in a private network and be asked over plain http".to_owned());
    }
    warnings
}

/// The connection, its circuit breaker and how the programs stand
#[utoipa::path(get, path = "/dhis2/status", tag = "dhis2", security(("bearer" = [])), responses(
    (status = 200, description = "How it stands", body = StatusView),
    (status = 409, description = "Nothing is connected", body = Document, content_type = MEDIA_TYPE)))]
async fn status(State(app): State<App>, actor: Actor) -> Result<Json<StatusView>, Problem> {
    runs_programs(&actor)?;
    Ok(Json(status_of(&app, actor.organisation).await?))
}

/// How the connection of an organization stands.
pub(super) async fn status_of(app: &App, organisation: i64) -> Result<StatusView, Dhis2Error> {
    let reader = app.db.reader();
    let connection = connection(reader, &app.vault, organisation).await?;
    let breaker = breaker(reader, organisation).await?;
    let mut found = Vec::new();
    for one in programmes(reader, organisation).await? {
        let last = runs(reader, one.id, i64::MAX, 1).await?;
        found.push(ProgrammeStatus {
            schedule: (&one).into(),
            name: one.name,
            last: last.into_iter().next(),
        });
    }
    Ok(StatusView {
        url: connection.base.as_str().to_owned(),
        dhis2_version: connection.version,
        could_write: connection.can_write,
        circuit: breaker.state(app.clock.millis()),
        circuit_reason: breaker.open().map(|open| open.reason.clone()),
        circuit_until: breaker.open().map(|open| open.until),
        programmes: found,
    })
}

/// Asks the connected server for its programs, through the circuit breaker.
pub(super) async fn found(app: &App, organisation: i64) -> Result<Vec<Program>, Dhis2Error> {
    let connection = connection(app.db.reader(), &app.vault, organisation).await?;
    let client: Client = connection.client(at_once())?;
    let index = index(app);
    let room = Room::new(&app.db, &index, &app.vault, &app.clock);
    through(room, organisation, client.programs()).await
}

/// Programs of the DHIS2 server, with what each attribute is and could become
#[utoipa::path(get, path = "/dhis2/programmes", tag = "dhis2", security(("bearer" = [])), responses(
    (status = 200, description = "The programs", body = Vec<ProgrammeView>),
    (status = 409, description = "Nothing is connected", body = Document, content_type = MEDIA_TYPE)))]
async fn list_programmes(State(app): State<App>, actor: Actor) -> Result<Json<Vec<ProgrammeView>>, Problem> {
    runs_programs(&actor)?;
    let reader = app.db.reader();
    let guard = mapping::guard_of(reader, actor.organisation).await?;
    let mut kept = Vec::new();
    for one in programmes(reader, actor.organisation).await? {
        let mappings = mapping::mappings(reader, one.id).await?;
        kept.push((one, mappings));
    }
    let programs = found(&app, actor.organisation).await?;
    let view = |program: &Program| {
        let own = kept.iter().find(|(one, _)| one.uid == program.uid);
        ProgrammeView::of(&guard, program, own.map(|(one, mappings)| (one, mappings)))
    };
    Ok(Json(programs.iter().map(view).collect()))
}

/// What the attributes of a program are probably for
///
/// The answer can be sent to `/dhis2/assign-codes` after a look at it. Attributes that the guard finds sensitive are not in
/// it: whoever needs them maps them to `kept`.
#[utoipa::path(get, path = "/dhis2/mapping-suggestions", tag = "dhis2", security(("bearer" = [])),
    params(OfProgramme), responses((status = 200, description = "The suggestions", body = AssignCodes),
    (status = 409, description = "Nothing is connected", body = Document, content_type = MEDIA_TYPE)))]
async fn suggestions(
    State(app): State<App>,
    actor: Actor,
    ValidQuery(query): ValidQuery<OfProgramme>,
) -> Result<Json<AssignCodes>, Problem> {
    runs_programs(&actor)?;
    let guard = mapping::guard_of(app.db.reader(), actor.organisation).await?;
    let program = the(found(&app, actor.organisation).await?, &query.programme_uid)?;
    Ok(Json(suggested(&guard, &program)))
}

/// Suggestions for a program, each field once.
pub(super) fn suggested(guard: &teranga_core::guard::Guard, program: &Program) -> AssignCodes {
    let mut fields = std::collections::BTreeSet::new();
    let mut mappings = Vec::new();
    for attribute in &program.attributes {
        let Some(field) = mapping::suggestion(guard, attribute) else {
            continue;
        };
        if fields.insert(field.clone()) {
            let has_code = !attribute.code.is_empty();
            mappings.push(MappingForm {
                dhis2_attribute_code: has_code.then(|| attribute.code.clone()),
                dhis2_attribute_display_name: (!has_code).then(|| attribute.name.clone()),
                card_field: field.to_string(),
            });
        }
    }
    AssignCodes {
        programme_uid: program.uid.clone(),
        mappings,
    }
}

fn the(programs: Vec<Program>, uid: &str) -> Result<Program, Dhis2Error> {
    programs
        .into_iter()
        .find(|program| program.uid == uid)
        .ok_or(Dhis2Error::UnknownProgramme)
}

/// Say what the attributes of a program become
///
/// A sensitive attribute can only be `kept`: sealed in the database, and on no card, in no figure and in no file.
#[utoipa::path(post, path = "/dhis2/assign-codes", tag = "dhis2", security(("bearer" = [])), request_body = AssignCodes,
    responses((status = 200, description = "How the program is read from now on", body = ScheduleView),
    (status = 409, description = "Nothing is connected", body = Document, content_type = MEDIA_TYPE)))]
async fn assign_codes(
    State(app): State<App>,
    actor: Actor,
    ValidJson(form): ValidJson<AssignCodes>,
) -> Result<Json<ScheduleView>, Problem> {
    runs_programs(&actor)?;
    let guard = mapping::guard_of(app.db.reader(), actor.organisation).await?;
    let program = the(found(&app, actor.organisation).await?, &form.programme_uid)?;
    let mappings = mapping::resolve(&guard, &program, &form.wanted())?;
    let programme = map(&app.db, &actor, &guard, &program, mappings).await?;
    Ok(Json((&programme).into()))
}

/// Say how often a program is read
#[utoipa::path(post, path = "/dhis2/sync-schedule", tag = "dhis2", security(("bearer" = [])),
    request_body = SyncSchedule, responses((status = 200, description = "The schedule", body = ScheduleView),
    (status = 409, description = "The program is not mapped", body = Document, content_type = MEDIA_TYPE)))]
async fn sync_schedule(
    State(app): State<App>,
    actor: Actor,
    ValidJson(form): ValidJson<SyncSchedule>,
) -> Result<Json<ScheduleView>, Problem> {
    runs_programs(&actor)?;
    let set = (form.interval_minutes, form.enabled);
    let programme = schedule(&app.db, &actor, &form.programme_uid, set).await?;
    Ok(Json((&programme).into()))
}

/// Read a program now
///
/// The sync is done by a worker; `/dhis2/syncs` tells how it goes.
#[utoipa::path(post, path = "/dhis2/run-now", tag = "dhis2", security(("bearer" = [])), request_body = RunNow,
    responses((status = 202, description = "It will be read", body = ScheduleView),
    (status = 409, description = "The program is not mapped", body = Document, content_type = MEDIA_TYPE)))]
async fn run_now(
    State(app): State<App>,
    actor: Actor,
    ValidJson(form): ValidJson<RunNow>,
) -> Result<(StatusCode, Json<ScheduleView>), Problem> {
    runs_programs(&actor)?;
    let programme = programme(app.db.reader(), actor.organisation, &form.programme_uid).await?;
    let job = Sync {
        organisation: actor.organisation,
        uid: programme.uid.clone(),
        cause: "manual".to_owned(),
        everything: form.everything,
        since: form.since,
        confirmed: form.confirmed,
    };
    let entry = actor.entry("dhis2.run", format!("dhis2-programme:{}", programme.id));
    let at = actor.at;
    let enqueued: Result<(), DbError> = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                job.enqueue(tx, at).await?;
                audit::record(tx, &entry).await?;
                Ok(())
            })
        })
        .await;
    enqueued?;
    queue::ring(&app);
    Ok((StatusCode::ACCEPTED, Json((&programme).into())))
}

/// Syncs of a program, the last first
#[utoipa::path(get, path = "/dhis2/syncs", tag = "dhis2", security(("bearer" = [])), params(SyncsQuery), responses(
    (status = 200, description = "The syncs", body = Vec<Run>),
    (status = 409, description = "The program is not mapped", body = Document, content_type = MEDIA_TYPE)))]
async fn list_syncs(
    State(app): State<App>,
    actor: Actor,
    ValidQuery(query): ValidQuery<SyncsQuery>,
) -> Result<Json<Vec<Run>>, Problem> {
    runs_programs(&actor)?;
    let programme = programme(app.db.reader(), actor.organisation, &query.programme_uid).await?;
    Ok(Json(
        runs(app.db.reader(), programme.id, query.before, query.limit).await?,
    ))
}

/// What became of each enrollment of a program
#[utoipa::path(get, path = "/dhis2/enrollments", tag = "dhis2", security(("bearer" = [])), params(EnrollmentsQuery),
    responses((status = 200, description = "Enrollments, by UID", body = Vec<EnrollmentOutcome>),
    (status = 409, description = "The program is not mapped", body = Document, content_type = MEDIA_TYPE)))]
async fn list_enrollments(
    State(app): State<App>,
    actor: Actor,
    ValidQuery(query): ValidQuery<EnrollmentsQuery>,
) -> Result<Json<Vec<EnrollmentOutcome>>, Problem> {
    runs_programs(&actor)?;
    let programme = programme(app.db.reader(), actor.organisation, &query.programme_uid).await?;
    let page = (query.after.as_str(), query.limit);
    Ok(Json(
        enrollments(app.db.reader(), programme.id, query.outcome.as_deref(), page).await?,
    ))
}

/// Words that the organization added to the guard's
#[utoipa::path(get, path = "/dhis2/guard-words", tag = "dhis2", security(("bearer" = [])), responses(
    (status = 200, description = "The words, in the order in which they were added", body = Vec<GuardWord>)))]
async fn guard_words(State(app): State<App>, actor: Actor) -> Result<Json<Vec<GuardWord>>, Problem> {
    runs_programs(&actor)?;
    Ok(Json(
        mapping::added_words(app.db.reader(), actor.organisation).await?,
    ))
}

/// Add a word to the guard's
///
/// It holds for what is mapped and shown from now on. No word can be taken away.
#[utoipa::path(post, path = "/dhis2/guard-words", tag = "dhis2", security(("bearer" = [])), request_body = GuardWord,
    responses((status = 201, description = "It is one of the guard's words", body = GuardWord),
    (status = 409, description = "It is there already", body = Document, content_type = MEDIA_TYPE)))]
async fn add_guard_word(
    State(app): State<App>,
    actor: Actor,
    ValidJson(word): ValidJson<GuardWord>,
) -> Result<(StatusCode, Json<GuardWord>), Problem> {
    runs_programs(&actor)?;
    mapping::add_word(&app.db, &actor, &word).await?;
    Ok((StatusCode::CREATED, Json(word)))
}

/// Make a secret for the webhook; an earlier one does not count any more
#[utoipa::path(post, path = "/dhis2/webhook-secret", tag = "dhis2", security(("bearer" = [])), responses(
    (status = 201, description = "The secret, shown once", body = WebhookSecret),
    (status = 409, description = "Nothing is connected", body = Document, content_type = MEDIA_TYPE)))]
async fn make_secret(
    State(app): State<App>,
    actor: Actor,
) -> Result<(StatusCode, Json<WebhookSecret>), Problem> {
    runs_programs(&actor)?;
    let mut bytes = [0; 32];
    OsRandom.fill(&mut bytes).map_err(Problem::internal)?;
    let secret = BASE64URL_NOPAD.encode(&bytes);
    let (digest, organisation) = (Sha256::digest(secret.as_bytes()).to_vec(), actor.organisation);
    let entry = actor.entry("dhis2.webhook", "dhis2");
    let written: Result<u64, DbError> = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let update = "UPDATE dhis2_connections SET webhook = $1 WHERE organisation = $2";
                let changed = sql::run(tx, update, [digest.into(), organisation.into()]).await?;
                audit::record(tx, &entry).await?;
                Ok(changed)
            })
        })
        .await;
    if written? == 0 {
        return Err(Dhis2Error::NotConnected.into());
    }
    let made = WebhookSecret {
        header: SECRET,
        secret,
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// A nudge from DHIS2: read the programs that are scheduled
///
/// Nothing in the body is read. Whatever changed is asked of the DHIS2 server itself.
#[utoipa::path(post, path = "/dhis2/webhook", tag = "dhis2", params(
    ("x-webhook-secret" = Option<String>, Header, description = "The secret of the webhook")), responses(
    (status = 202, description = "The programs will be read"),
    (status = 401, description = "No secret, or another one", body = Document, content_type = MEDIA_TYPE)))]
async fn webhook(State(app): State<App>, headers: HeaderMap) -> Result<StatusCode, Problem> {
    const FIND: &str = "SELECT organisation FROM dhis2_connections WHERE webhook = $1";
    let stranger = || Problem::new(Kind::Unauthenticated);
    let secret = headers.get(SECRET).ok_or_else(stranger)?;
    // Of the 256 random bits only their hash is compared, so that time tells nothing.
    let digest = Sha256::digest(secret.as_bytes()).to_vec();
    let organisation = sql::number(app.db.reader(), FIND, [digest.into()]).await?;
    if organisation == 0 {
        return Err(stranger());
    }
    let now = app.clock.millis();
    let all = programmes(app.db.reader(), organisation).await?;
    let enqueued: Result<(), DbError> = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                for one in all.into_iter().filter(|one| one.enabled) {
                    let job = Sync {
                        organisation,
                        uid: one.uid,
                        cause: "webhook".to_owned(),
                        everything: false,
                        since: None,
                        confirmed: false,
                    };
                    job.enqueue(tx, now).await?;
                }
                Ok(())
            })
        })
        .await;
    enqueued?;
    queue::ring(&app);
    Ok(StatusCode::ACCEPTED)
}

/// Make the cards of a program's enrollments
///
/// They become the people of a campaign of the program, and a run makes the cards of those who have none;
/// `GET /runs/{id}` says how far it is. What is sensitive is on no card.
#[utoipa::path(post, path = "/dhis2/generate-cards", tag = "dhis2", security(("bearer" = [])),
    request_body = GenerateCards, responses((status = 202, description = "It begins", body = RunView),
    (status = 409, description = "The program is not mapped, or nobody is without a card", body = Document, content_type = MEDIA_TYPE)))]
async fn generate_cards(
    State(app): State<App>,
    actor: Actor,
    ValidJson(form): ValidJson<GenerateCards>,
) -> Result<(StatusCode, Json<RunView>), Problem> {
    runs_programs(&actor)?;
    decide(&actor, Action::IssueCards, &Target::whole(actor.organisation))?;
    let programme = programme(app.db.reader(), actor.organisation, &form.programme_uid).await?;
    let units = match &form.enrollment_filter.org_unit {
        Some(unit) => Some(generate::units_below(&app, actor.organisation, unit).await?),
        None => None,
    };
    let chosen = Chosen {
        from: form.enrollment_filter.enrollment_date_from,
        units,
    };
    let mut design = DesignForm::of(&form.template);
    design.card.include_mpi_id = form.include_mpi_id;
    let making = MakingForm {
        design: None,
        form: Some(design),
        pdf: true,
        zip: true,
        dpi: form.dpi,
        sheet: None,
        expires: None,
        host: None,
        shard: SHARD,
    };
    let making = campaign::routes::making(&app, &actor, making).await?;
    let view = generate::generate(&app, &actor, &programme, chosen, making).await?;
    Ok((StatusCode::ACCEPTED, Json(view)))
}

/// The front of an enrollment's card, to look at
///
/// Its code says that it is a specimen. Nothing sensitive is on it.
#[utoipa::path(get, path = "/dhis2/preview-card-png", tag = "dhis2", security(("bearer" = [])), params(PreviewQuery),
    responses((status = 200, description = "The card", body = Vec<u8>, content_type = "image/png")))]
async fn preview(
    State(app): State<App>,
    actor: Actor,
    ValidQuery(query): ValidQuery<PreviewQuery>,
) -> Result<Response, Problem> {
    let shown = card::shown(&app, actor.organisation, &query.enrollment_id).await?;
    let target = Target::within(actor.organisation, shown.area.clone());
    decide(&actor, Action::IssueCards, &target)?;
    let entry = actor.entry("card.preview", format!("identity:{}", shown.identity));
    let looked: Result<i64, DbError> = app
        .db
        .write(move |tx| Box::pin(async move { audit::record(tx, &entry).await }))
        .await;
    looked?;
    let drawn = app
        .heavy
        .run(move || card::png(&query.template, &shown.data))
        .await;
    let drawn = drawn.map_err(|_| Problem::new(Kind::Unavailable))?;
    let png = drawn.map_err(|error| Problem::internal(format!("{error:#}")))?;
    Ok(([(header::CONTENT_TYPE, "image/png")], png).into_response())
}

#[cfg(test)]
mod tests;
