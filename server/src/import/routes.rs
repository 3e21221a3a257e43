//! `POST /mpi/import` and what became of it.

use std::collections::HashSet;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use teranga_core::person::DateOrder;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Began, File, Row, Tally, begin, foreseen, read, rows, run, tally};
use crate::access::{Action, Actor, Target, decide};
use crate::app::App;
use crate::db::sql;
use crate::input::{Faults, ValidPath, ValidQuery, Validate};
use crate::mpi::routes::index;
use crate::org;
use crate::problem::{Document, Kind, MEDIA_TYPE, Problem};

/// Rows in one transaction: few enough that registrations beside it do not wait long.
const TOGETHER: usize = 64;

/// The routes of imports, for the router.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(take_in))
        .routes(routes!(show))
        .routes(routes!(show_rows))
}

/// How a file is taken in.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// The program in which everyone takes part from now on, by its code.
    #[param(example = "malaria-2026", max_length = 40)]
    program: Option<String>,
    /// Say what would happen, and change nothing.
    #[serde(default)]
    dry_run: bool,
    /// Order of day and month, if the column does not show it.
    #[param(inline)]
    date_order: Option<DayMonth>,
}

impl Validate for ImportQuery {}

/// Which of day and month comes first.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum DayMonth {
    /// 31/12/1990
    DayFirst,
    /// 12/31/1990
    MonthFirst,
}

/// Which rows of an import.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RowsQuery {
    /// Only linked, review, alert, new or refused.
    #[param(example = "refused", max_length = 20)]
    outcome: Option<String>,
    /// Only after this line.
    #[serde(default)]
    #[param(maximum = 9_000_000_000_000_000i64)]
    after: u64,
    /// Most rows, 1 to 1000.
    #[serde(default = "hundred")]
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: u32,
}

fn hundred() -> u32 {
    100
}

impl Validate for RowsQuery {
    fn check(&self, faults: &mut Faults) {
        faults.demand((1..=1000).contains(&self.limit), "?limit", "1 to 1000");
        faults.demand(self.after <= 9_000_000_000_000_000, "?after", "a line");
        let known = ["linked", "review", "alert", "new", "refused"];
        let fine = self
            .outcome
            .as_deref()
            .is_none_or(|outcome| known.contains(&outcome));
        faults.demand(fine, "?outcome", "linked, review, alert, new or refused");
    }
}

/// An import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
struct ImportView {
    /// Its number; none for a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 3)]
    id: Option<i64>,
    /// Rows of the file.
    #[schema(example = 1200)]
    rows: u64,
    /// What became of those that were looked at so far.
    so_far: Tally,
    /// Whether it came to its end.
    finished: bool,
}

/// Imports that this process runs.
#[derive(Default)]
struct Running(Mutex<HashSet<i64>>);

/// Register everyone of a spreadsheet
///
/// Send the CSV file itself. It is taken in after the answer; `GET /mpi/imports/{id}` says how far it is. Cut off, the same
/// file goes on where it stopped, and no row is registered twice. With `dry_run` nothing changes and the answer says what
/// would happen.
#[utoipa::path(post, path = "/mpi/import", tag = "imports", security(("bearer" = [])), params(ImportQuery),
    request_body(content = String, content_type = "text/csv", example = "given,family,birth,sex,region\nFatou,Diallo,1990,F,DKR\n"),
    responses((status = 202, description = "It is being taken in", body = ImportView),
        (status = 200, description = "What would happen", body = ImportView),
        (status = 507, description = "No room left", body = Document, content_type = MEDIA_TYPE)))]
async fn take_in(
    State(app): State<App>,
    actor: Actor,
    ValidQuery(query): ValidQuery<ImportQuery>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<ImportView>), Problem> {
    decide(&actor, Action::ImportPeople, &Target::whole(actor.organisation))?;
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if !kind.is_some_and(|kind| kind.trim().to_ascii_lowercase().starts_with("text/csv")) {
        return Err(Problem::new(Kind::UnsupportedMediaType).saying("send the spreadsheet as text/csv"));
    }
    let program = match &query.program {
        None => None,
        Some(code) => org::program(app.db.reader(), actor.organisation, code)
            .await?
            .map(|program| program.id),
    };
    if program.is_none() && query.program.is_some() {
        return Err(Problem::field(
            "?program",
            "the code of a program of the organization",
        ));
    }
    let file = file_of(&app, &actor, &query, body).await?;
    let rows = (file.people.len() + file.faults.len()) as u64;
    if query.dry_run {
        let so_far = foreseen(&app.db, actor.organisation, &file, &|_| {}).await?;
        let view = ImportView {
            id: None,
            rows,
            so_far,
            finished: true,
        };
        return Ok((StatusCode::OK, Json(view)));
    }
    let began = begin(&app.db, &actor, program, &file)
        .await
        .map_err(|error| match error {
            super::ImportError::Db(error) => Problem::from(error),
            super::ImportError::UnderWay => Problem::new(Kind::Conflict).saying(error.to_string()),
        })?;
    let so_far = tally(app.db.reader(), began.id).await?;
    start(&app, actor, program, began, file);
    let view = ImportView {
        id: Some(began.id),
        rows,
        so_far,
        finished: so_far.total() >= rows,
    };
    Ok((StatusCode::ACCEPTED, Json(view)))
}

/// Runs an import beside the requests, unless this process does already.
fn start(app: &App, actor: Actor, program: Option<i64>, began: Began, file: File) {
    let running = app.room(|_| Running::default());
    let is_first = running
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(began.id);
    if !is_first {
        return;
    }
    let app = app.clone();
    tokio::spawn(async move {
        let index = index(&app);
        let ended = run(&app.db, &index, &actor, program, (began, file), TOGETHER, &|_| {}).await;
        if let Err(error) = ended {
            tracing::warn!(import = began.id, %error, "an import stopped");
        }
        running
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&began.id);
    });
}

async fn file_of(app: &App, actor: &Actor, query: &ImportQuery, body: Bytes) -> Result<File, Problem> {
    const COUNTRY: &str = "SELECT country FROM organisations WHERE id = $1";
    let row = sql::one(app.db.reader(), COUNTRY, [actor.organisation.into()]).await?;
    let country: String = row
        .map(|row| row.try_get_by_index(0))
        .transpose()?
        .unwrap_or_default();
    let order = query.date_order.map(|order| match order {
        DayMonth::DayFirst => DateOrder::DayFirst,
        DayMonth::MonthFirst => DateOrder::MonthFirst,
    });
    let work = move || -> anyhow::Result<File> {
        let mut file = tempfile::NamedTempFile::new()?;
        file.write_all(&body)?;
        file.flush()?;
        read(file.path(), &[], &[], order, &country)
    };
    let file = tokio::task::spawn_blocking(work)
        .await
        .map_err(Problem::internal)?;
    file.map_err(|_| {
        Problem::new(Kind::Invalid).saying(
            "the spreadsheet needs a line of column names, among them one of names, and rows below it",
        )
    })
}

/// How far an import is
#[utoipa::path(get, path = "/mpi/imports/{id}", tag = "imports", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The import's number", example = 3)),
    responses((status = 200, description = "The import", body = ImportView)))]
async fn show(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
) -> Result<Json<ImportView>, Problem> {
    const SELECT: &str = "SELECT rows_total, finished FROM imports WHERE id = $1 AND organisation = $2";
    decide(&actor, Action::ImportPeople, &Target::whole(actor.organisation))?;
    let row = sql::one(app.db.reader(), SELECT, [id.into(), actor.organisation.into()]).await?;
    let row = row.ok_or_else(|| Problem::new(Kind::NotFound))?;
    Ok(Json(ImportView {
        id: Some(id),
        rows: row.try_get_by_index::<i64>(0)?.unsigned_abs(),
        so_far: tally(app.db.reader(), id).await?,
        finished: row.try_get_by_index::<Option<i64>>(1)?.is_some(),
    }))
}

/// What became of each row of an import
#[utoipa::path(get, path = "/mpi/imports/{id}/rows", tag = "imports", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The import's number", example = 3), RowsQuery),
    responses((status = 200, description = "Rows, by line", body = Vec<Row>)))]
async fn show_rows(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
    ValidQuery(query): ValidQuery<RowsQuery>,
) -> Result<Json<Vec<Row>>, Problem> {
    const OWN: &str = "SELECT count(*) FROM imports WHERE id = $1 AND organisation = $2";
    decide(&actor, Action::ImportPeople, &Target::whole(actor.organisation))?;
    if sql::number(app.db.reader(), OWN, [id.into(), actor.organisation.into()]).await? == 0 {
        return Err(Problem::new(Kind::NotFound));
    }
    let found = rows(
        app.db.reader(),
        id,
        query.outcome.as_deref(),
        query.after,
        query.limit,
    )
    .await?;
    Ok(Json(found))
}
