//! `/campaigns` and `/runs`.
//!
//! A campaign concerns a whole organization; one of a sensitive program is seen by whoever may see that it is one.

use axum::Json;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use sea_orm::QueryResult;
use teranga_core::card::trust::Scope;
use teranga_core::clock;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::dto::{
    AddedView, CampaignForm, CampaignView, Fault, FilesQuery, MakingForm, PeopleForm, PreviewQuery, SexForm,
};
use super::files::Artifact;
use super::request::Making;
use super::view::{RunView, of_campaign, view};
use super::{Add, CampaignError, Filter, card_routes, files, issuing, live, quota, run};
use crate::access::{Action, Actor, Target, decide, scope};
use crate::app::App;
use crate::audit;
use crate::db::{DbError, sql};
use crate::input::{ValidJson, ValidPath, ValidQuery};
use crate::keys::request::years_after;
use crate::org::{self, NewCampaign, OrgError};
use crate::problem::{Document, Kind, MEDIA_TYPE, Problem};
use crate::queue::{self, NewJob};
use crate::studio::{self, DesignForm, Printed};

/// The routes of campaigns, for the router.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show))
        .routes(routes!(add_people))
        .routes(routes!(faults))
        .routes(routes!(preview))
        .routes(routes!(runs, generate))
        .routes(routes!(status))
        .routes(routes!(watch))
        .routes(routes!(cancel))
        .routes(routes!(retry))
        .routes(routes!(list_files))
        .routes(routes!(download))
        .merge(card_routes::routes())
}

impl From<CampaignError> for Problem {
    fn from(error: CampaignError) -> Self {
        match error {
            CampaignError::Db(error) => error.into(),
            CampaignError::Unknown => Self::new(Kind::NotFound),
            CampaignError::Quota { .. } => Self::new(Kind::QuotaUsedUp).saying(error.to_string()),
            CampaignError::Refused(words) => Self::new(Kind::Conflict).saying(words),
        }
    }
}

const COLUMNS: &str = "SELECT c.id, c.code, c.name, c.prefix, p.code, p.sensitive, p.public_name, \
     (SELECT count(*) FROM beneficiaries b WHERE b.campaign = c.id), \
     (SELECT count(*) FROM beneficiaries b WHERE b.campaign = c.id AND b.card IS NOT NULL), \
     (SELECT count(*) FROM beneficiaries b WHERE b.campaign = c.id AND b.fault IS NOT NULL) \
     FROM campaigns c JOIN programmes p ON p.id = c.programme WHERE c.organisation = $1";

/// A campaign as it is found, with what its program may be called in public.
pub(crate) struct Found {
    view: CampaignView,
    is_sensitive: bool,
    public_name: String,
}

fn read(row: &QueryResult) -> Result<Found, DbError> {
    Ok(Found {
        is_sensitive: row.try_get_by_index::<i16>(5)? != 0,
        public_name: row.try_get_by_index(6)?,
        view: CampaignView {
            id: row.try_get_by_index(0)?,
            code: row.try_get_by_index(1)?,
            name: row.try_get_by_index(2)?,
            prefix: row.try_get_by_index(3)?,
            program: row.try_get_by_index(4)?,
            people: row.try_get_by_index(7)?,
            with_card: row.try_get_by_index(8)?,
            refused: row.try_get_by_index(9)?,
            quota: None,
        },
    })
}

/// A campaign of the organization, if the actor may issue its cards.
pub(crate) async fn in_sight(app: &App, actor: &Actor, id: i64) -> Result<Found, Problem> {
    decide(actor, Action::IssueCards, &Target::whole(actor.organisation))?;
    let text = format!("{COLUMNS} AND c.id = $2");
    let row = sql::one(app.db.reader(), &text, [actor.organisation.into(), id.into()]).await?;
    let found = read(&row.ok_or_else(|| Problem::new(Kind::NotFound))?)?;
    if found.is_sensitive && decide(actor, Action::SeeSensitive, &Target::whole(actor.organisation)).is_err()
    {
        return Err(Problem::new(Kind::NotFound));
    }
    Ok(found)
}

/// A run of the organization, if the actor may issue its campaign's cards.
async fn run_in_sight(app: &App, actor: &Actor, id: i64) -> Result<RunView, Problem> {
    decide(actor, Action::IssueCards, &Target::whole(actor.organisation))?;
    let run = view(app.db.reader(), actor.organisation, id).await?;
    let run = run.ok_or_else(|| Problem::new(Kind::NotFound))?;
    in_sight(app, actor, run.campaign).await?;
    Ok(run)
}

/// The campaigns
#[utoipa::path(get, path = "/campaigns", tag = "campaigns", security(("bearer" = [])),
    responses((status = 200, description = "Campaigns, by code", body = Vec<CampaignView>)))]
async fn list(State(app): State<App>, actor: Actor) -> Result<Json<Vec<CampaignView>>, Problem> {
    let whole = Target::whole(actor.organisation);
    decide(&actor, Action::IssueCards, &whole)?;
    let sees = decide(&actor, Action::SeeSensitive, &whole).is_ok();
    let text = format!("{COLUMNS} ORDER BY c.code");
    let rows = sql::all(app.db.reader(), &text, [actor.organisation.into()]).await?;
    let all: Vec<Found> = rows.iter().map(read).collect::<Result<_, _>>()?;
    let seen = all.into_iter().filter(|found| sees || !found.is_sensitive);
    Ok(Json(seen.map(|found| found.view).collect()))
}

/// Make a campaign
#[utoipa::path(post, path = "/campaigns", tag = "campaigns", security(("bearer" = [])), request_body = CampaignForm,
    responses((status = 201, description = "The campaign", body = CampaignView),
        (status = 409, description = "A campaign has this code or prefix", body = Document, content_type = MEDIA_TYPE)))]
async fn create(
    State(app): State<App>,
    actor: Actor,
    ValidJson(form): ValidJson<CampaignForm>,
) -> Result<(StatusCode, Json<CampaignView>), Problem> {
    decide(&actor, Action::ManagePrograms, &Target::whole(actor.organisation))?;
    let program = org::program(app.db.reader(), actor.organisation, &form.program).await?;
    let program =
        program.ok_or_else(|| Problem::field("/program", "the code of a program of the organization"))?;
    let millis = |day: Option<jiff::civil::Date>| day.map(crate::card::store::millis);
    let new = NewCampaign {
        program: program.id,
        code: form.code,
        name: form.name,
        prefix: form.prefix,
        starts: millis(form.starts),
        ends: millis(form.ends),
        at: actor.at,
    };
    let who = actor.clone();
    let made = app.db.write(move |tx| {
        Box::pin(async move {
            let id = org::add_campaign(tx, who.organisation, &new).await?;
            audit::record(tx, &who.entry("campaign.create", format!("campaign:{id}"))).await?;
            Ok::<_, OrgError>(id)
        })
    });
    let id = made.await.map_err(|error| match error {
        OrgError::Db(error) => error.into(),
        OrgError::Refused(words) => Problem::new(Kind::Invalid).saying(words),
    })?;
    Ok((StatusCode::CREATED, Json(in_sight(&app, &actor, id).await?.view)))
}

/// A campaign
#[utoipa::path(get, path = "/campaigns/{id}", tag = "campaigns", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The campaign's number", example = 3)),
    responses((status = 200, description = "The campaign, with its people counted", body = CampaignView)))]
async fn show(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
) -> Result<Json<CampaignView>, Problem> {
    let mut view = in_sight(&app, &actor, id).await?.view;
    view.quota = quota::quota(app.db.reader(), actor.organisation).await?;
    Ok(Json(view))
}

/// Add people to a campaign
///
/// Everyone of the register who fits, each once, however often they are added. The first 20,000 are added at once, the
/// others by a job.
#[utoipa::path(post, path = "/campaigns/{id}/people", tag = "campaigns", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The campaign's number", example = 3)), request_body = PeopleForm,
    responses((status = 200, description = "How many were added", body = AddedView)))]
async fn add_people(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
    ValidJson(form): ValidJson<PeopleForm>,
) -> Result<Json<AddedView>, Problem> {
    in_sight(&app, &actor, id).await?;
    let sight = scope(&actor, Action::IssueCards)?;
    let filter = Filter {
        areas: if form.area.is_empty() {
            sight
                .areas()
                .iter()
                .map(|area| area.as_str().to_owned())
                .collect()
        } else {
            vec![form.area.trim().to_owned()]
        },
        sex: form.sex.map(|sex| match sex {
            SexForm::Female => 0,
            SexForm::Male => 1,
        }),
        born_from: form.born_from,
        born_to: form.born_to,
        enrolled: form.enrolled,
        import: form.import,
        numbers: form.mpi_ids,
    };
    let added = app.db.write(move |tx| {
        Box::pin(async move {
            let of = (actor.organisation, id);
            let added = super::add(tx, of, &filter, 0, actor.at).await?;
            if let Some(after) = added.after {
                let organisation = actor.organisation;
                let rest = Add {
                    organisation,
                    campaign: id,
                    filter,
                    after,
                };
                queue::enqueue(tx, &NewJob::new(rest, actor.at).of(format!("campaign:{id}"))).await?;
            }
            audit::record(tx, &actor.entry("campaign.people", format!("campaign:{id}"))).await?;
            Ok::<_, CampaignError>(added)
        })
    });
    let added = added.await?;
    queue::ring(&app);
    Ok(Json(AddedView {
        added: added.added,
        more: added.after.is_some(),
    }))
}

/// People whose card could not be made
#[utoipa::path(get, path = "/campaigns/{id}/faults", tag = "campaigns", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The campaign's number", example = 3)),
    responses((status = 200, description = "The first thousand, with the reason", body = Vec<Fault>)))]
async fn faults(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
) -> Result<Json<Vec<Fault>>, Problem> {
    const FAULTS: &str = "SELECT i.number, b.fault FROM beneficiaries b JOIN identities i ON i.id = b.identity \
         WHERE b.campaign = $1 AND b.fault IS NOT NULL ORDER BY b.id LIMIT 1000";
    in_sight(&app, &actor, id).await?;
    let rows = sql::all(app.db.reader(), FAULTS, [id.into()]).await?;
    let fault = |row: &QueryResult| {
        Ok(Fault {
            mpi_id: row.try_get_by_index(0)?,
            reason: row.try_get_by_index(1)?,
        })
    };
    Ok(Json(rows.iter().map(fault).collect::<Result<_, DbError>>()?))
}

/// Look at a campaign's card
///
/// As PNG at 300 dots per inch, of nobody or of a person of the register; its code is nobody's.
#[utoipa::path(get, path = "/campaigns/{id}/preview", tag = "campaigns", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The campaign's number", example = 3), PreviewQuery),
    responses((status = 200, description = "The card", content_type = "image/png", body = Vec<u8>)))]
async fn preview(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
    ValidQuery(query): ValidQuery<PreviewQuery>,
) -> Result<Response, Problem> {
    const LAST: &str = "SELECT request FROM runs WHERE campaign = $1 ORDER BY id DESC LIMIT 1";
    let found = in_sight(&app, &actor, id).await?;
    let (form, design) = match &query.design {
        Some(code) => {
            let design = studio::design(app.db.reader(), actor.organisation, code).await?;
            let design = design.ok_or_else(|| Problem::new(Kind::NotFound))?;
            (design.form, Some(design.id))
        }
        None => match sql::one(app.db.reader(), LAST, [id.into()]).await? {
            Some(row) => {
                let making = Making::of(&row.try_get_by_index::<String>(0)?)?;
                (making.form, making.design)
            }
            None => (DesignForm::of("classic"), None),
        },
    };
    let layout = studio::layout(app.db.reader(), &form, design).await?;
    let beside = Printed {
        programme: found.public_name,
        campaign: found.view.name,
        ..Printed::default()
    };
    let whose = (query.mpi_id.as_deref(), beside);
    studio::routes::picture(&app, &actor, (layout, &form), whose, query.side).await
}

/// The runs of a campaign
#[utoipa::path(get, path = "/campaigns/{id}/runs", tag = "campaigns", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The campaign's number", example = 3)),
    responses((status = 200, description = "Runs, the latest first", body = Vec<RunView>)))]
async fn runs(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
) -> Result<Json<Vec<RunView>>, Problem> {
    in_sight(&app, &actor, id).await?;
    Ok(Json(of_campaign(app.db.reader(), actor.organisation, id).await?))
}

/// Make the cards of everyone who has none
///
/// Quota is reserved and the run begins; `GET /runs/{id}` and `GET /runs/{id}/live` say how far it is.
#[utoipa::path(post, path = "/campaigns/{id}/runs", tag = "campaigns", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The campaign's number", example = 3)), request_body = MakingForm,
    responses((status = 202, description = "It begins", body = RunView),
        (status = 409, description = "Nobody is without a card, or the quota does not reach", body = Document, content_type = MEDIA_TYPE)))]
async fn generate(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
    ValidJson(form): ValidJson<MakingForm>,
) -> Result<(StatusCode, Json<RunView>), Problem> {
    let found = in_sight(&app, &actor, id).await?;
    let making = making(&app, &actor, form).await?;
    let (signing, prefix, issued) = (app.clone(), found.view.prefix, making.issued);
    let keys = tokio::task::spawn_blocking(move || issuing::keys(&signing, &Scope::Campaign(prefix), issued));
    keys.await
        .map_err(Problem::internal)?
        .map_err(|error| Problem::internal(format!("{error:#}")))?;
    let who = actor.clone();
    let started = app
        .db
        .write(move |tx| Box::pin(async move { run::start(tx, &who, id, &making).await }));
    let run = started.await?;
    queue::ring(&app);
    Ok((StatusCode::ACCEPTED, Json(run_in_sight(&app, &actor, run).await?)))
}

/// What was asked, checked whole before anything is reserved.
pub(crate) async fn making(app: &App, actor: &Actor, form: MakingForm) -> Result<Making, Problem> {
    let (design, card) = match (&form.design, form.form) {
        (Some(code), _) => {
            let design = studio::design(app.db.reader(), actor.organisation, code).await?;
            let design =
                design.ok_or_else(|| Problem::field("/design", "the code of a design that is kept"))?;
            (Some(design.id), design.form)
        }
        (None, Some(card)) => (None, card),
        (None, None) => (None, DesignForm::of("classic")),
    };
    studio::layout(app.db.reader(), &card, design).await?;
    let issued = clock::date_of(app.clock.now());
    let expires = form.expires.unwrap_or_else(|| years_after(issued, 2));
    if expires <= issued || expires > years_after(issued, 80) {
        return Err(Problem::field("/expires", "a day after today, within 80 years"));
    }
    let making = Making {
        form: card,
        design,
        pdf: form.pdf,
        zip: form.zip,
        dpi: form.dpi,
        sheet: form.sheet,
        issued,
        expires,
        host: issuing::host(app, form.host.as_deref()),
        shard: form.shard,
    };
    if making.text_form().is_err() {
        return Err(Problem::field(
            "/host",
            "1 to 32 letters, digits, dots and hyphens",
        ));
    }
    Ok(making)
}

/// How far a run is
#[utoipa::path(get, path = "/runs/{id}", tag = "campaigns", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The run's number", example = 7)),
    responses((status = 200, description = "The run", body = RunView)))]
async fn status(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
) -> Result<Json<RunView>, Problem> {
    Ok(Json(run_in_sight(&app, &actor, id).await?))
}

/// Watch a run
///
/// A WebSocket that says what `GET /runs/{id}` says, at once and whenever it changed, and closes when the run is over.
#[utoipa::path(get, path = "/runs/{id}/live", tag = "campaigns", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The run's number", example = 7)),
    responses((status = 101, description = "The conversation begins"),
        (status = 426, description = "Open it as a WebSocket", body = Document, content_type = MEDIA_TYPE)))]
async fn watch(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    run_in_sight(&app, &actor, id).await?;
    let upgrade = upgrade.map_err(|_| Problem::new(Kind::UpgradeNeeded))?;
    Ok(upgrade.on_upgrade(move |socket| live::tell(app, socket, actor.organisation, id)))
}

/// Cancel a run
///
/// Cards that were made stay; the quota of the others goes back, and their people may be in another run.
#[utoipa::path(post, path = "/runs/{id}/cancel", tag = "campaigns", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The run's number", example = 7)),
    responses((status = 200, description = "The run", body = RunView),
        (status = 409, description = "It is over", body = Document, content_type = MEDIA_TYPE)))]
async fn cancel(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
) -> Result<Json<RunView>, Problem> {
    run_in_sight(&app, &actor, id).await?;
    let who = actor.clone();
    let cancelled = app
        .db
        .write(move |tx| Box::pin(async move { run::cancel(tx, &who, id).await }));
    cancelled.await?;
    Ok(Json(run_in_sight(&app, &actor, id).await?))
}

/// Make the shards of a run again that failed
#[utoipa::path(post, path = "/runs/{id}/retry", tag = "campaigns", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The run's number", example = 7)),
    responses((status = 202, description = "The run", body = RunView),
        (status = 409, description = "None failed, or the quota does not reach", body = Document, content_type = MEDIA_TYPE)))]
async fn retry(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
) -> Result<(StatusCode, Json<RunView>), Problem> {
    run_in_sight(&app, &actor, id).await?;
    let who = actor.clone();
    let retried = app
        .db
        .write(move |tx| Box::pin(async move { run::retry(tx, &who, id).await }));
    retried.await?;
    queue::ring(&app);
    Ok((StatusCode::ACCEPTED, Json(run_in_sight(&app, &actor, id).await?)))
}

/// The files of a run
#[utoipa::path(get, path = "/runs/{id}/files", tag = "campaigns", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The run's number", example = 7), FilesQuery),
    responses((status = 200, description = "Files, by number", body = Vec<Artifact>)))]
async fn list_files(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
    ValidQuery(query): ValidQuery<FilesQuery>,
) -> Result<Json<Vec<Artifact>>, Problem> {
    run_in_sight(&app, &actor, id).await?;
    let found = files::listed(app.db.reader(), actor.organisation, ("run", id), query.after).await?;
    Ok(Json(found))
}

/// Download a file of a run
///
/// Whole, or a range of it (`Range`), so that a download that broke off goes on where it stopped. Each download is counted
/// and audited.
#[utoipa::path(get, path = "/runs/{id}/files/{file}", tag = "campaigns", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The run's number", example = 7),
        ("file" = i64, Path, description = "The file's number", example = 12),
        ("Range" = Option<String>, Header, description = "Which bytes", max_length = 100)),
    responses((status = 200, description = "The file", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 206, description = "The range", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 410, description = "Its time is over", body = Document, content_type = MEDIA_TYPE),
        (status = 416, description = "The file has no such bytes", body = Document, content_type = MEDIA_TYPE)))]
async fn download(
    State(app): State<App>,
    actor: Actor,
    ValidPath((id, file)): ValidPath<(i64, i64)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    run_in_sight(&app, &actor, id).await?;
    let all = files::listed(
        app.db.reader(),
        actor.organisation,
        ("run", id),
        file.saturating_sub(1),
    )
    .await?;
    let found = all.into_iter().find(|one| one.id == file);
    let found = found.ok_or_else(|| Problem::new(Kind::NotFound))?;
    files::serve(&app, &actor, &found, &headers).await
}
