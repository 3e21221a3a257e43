//! `/mpi/reviews`: pairs that wait for a person, and what the person says.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::dto::{DecideRequest, ListQuery, PairView, Pairs, Verdict};
use super::queue;
use crate::access::{Action, Actor, Area, Scope, Target, decide as allow, scope};
use crate::app::App;
use crate::db::sql;
use crate::input::{ValidJson, ValidPath, ValidQuery};
use crate::mpi::MpiError;
use crate::mpi::routes::{changed, tell};
use crate::problem::{Document, Kind, MEDIA_TYPE, Problem};

/// The routes of the queue, for the router.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(decide))
}

/// List the pairs that wait
///
/// Pairs of which both live in one's own areas; reviews before alerts, the likeliest first.
#[utoipa::path(get, path = "/mpi/reviews", tag = "reviews", security(("bearer" = [])), params(ListQuery),
    responses((status = 200, description = "The pairs", body = Pairs)))]
async fn list(
    State(app): State<App>,
    actor: Actor,
    ValidQuery(query): ValidQuery<ListQuery>,
) -> Result<Json<Pairs>, Problem> {
    let sight = scope(&actor, Action::ReadReviews)?;
    let kind = query.kind.map(super::dto::Kind::word);
    let pairs = queue::seen(app.db.reader(), &sight, kind, query.limit).await?;
    tell(
        &app,
        &actor,
        "review.list",
        format!("organisation:{}", actor.organisation),
    )
    .await?;
    let people = people(&app).await?;
    Ok(Json(Pairs {
        pairs: pairs.iter().map(|pair| PairView::new(pair, people)).collect(),
    }))
}

/// Show a pair
#[utoipa::path(get, path = "/mpi/reviews/{id}", tag = "reviews", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The review's number", example = 17)),
    responses((status = 200, description = "The pair, side by side", body = PairView)))]
async fn show(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
) -> Result<Json<PairView>, Problem> {
    let sight = scope(&actor, Action::ReadReviews)?;
    let pair = in_sight(&app, &sight, id).await?;
    tell(&app, &actor, "review.read", format!("review:{id}")).await?;
    Ok(Json(PairView::new(&pair, people(&app).await?)))
}

/// Decide a pair
///
/// `merge`: one person; both numbers lead to the older identity, and it can be taken back. `reject`: two people, who are
/// never joined without a person.
#[utoipa::path(post, path = "/mpi/reviews/{id}/decision", tag = "reviews", security(("bearer" = [])),
    request_body = DecideRequest,
    params(("id" = i64, Path, description = "The review's number", example = 17)),
    responses((status = 204, description = "Decided"),
        (status = 409, description = "It was decided meanwhile", body = Document, content_type = MEDIA_TYPE)))]
async fn decide(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
    ValidJson(form): ValidJson<DecideRequest>,
) -> Result<StatusCode, Problem> {
    let sight = scope(&actor, Action::JoinPeople)?;
    let pair = in_sight(&app, &sight, id).await?;
    for (_, _, person) in &pair.people {
        let target = Target::within(actor.organisation, Area::of_place(&person.place));
        allow(&actor, Action::JoinPeople, &target)?;
    }
    let sealed = match &form.note {
        None => None,
        Some(note) => Some(
            app.vault
                .seal(&format!("review:{id}"), note.as_bytes())
                .map_err(Problem::internal)?,
        ),
    };
    changed(&app, &actor, move |tx, actor| {
        Box::pin(async move {
            match form.decision {
                Verdict::Merge => queue::merge(tx, actor, id).await?,
                Verdict::Reject => queue::reject(tx, actor, id).await?,
            }
            if let Some(note) = sealed {
                queue::note(tx, actor, id, note).await?;
            }
            Ok::<(), MpiError>(())
        })
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn in_sight(app: &App, sight: &Scope, id: i64) -> Result<super::Pair, Problem> {
    let pair = match queue::get(app.db.reader(), sight.organisation, id).await {
        Err(MpiError::Refused(_)) => return Err(Problem::new(Kind::NotFound)),
        found => found?,
    };
    let seen = |place| sight.covers(&Area::of_place(place));
    if pair.people.iter().all(|(_, _, person)| seen(&person.place)) {
        Ok(pair)
    } else {
        Err(Problem::new(Kind::NotFound))
    }
}

/// The size of the register, for the weights of an explanation.
async fn people(app: &App) -> Result<u64, Problem> {
    let people = sql::number(app.db.reader(), "SELECT coalesce(max(id), 0) FROM identities", []).await?;
    Ok(people.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::access::Role;
    use crate::db::sql;
    use crate::db::testing::KINDS;
    use crate::mpi::testing::served;

    fn twin(given: &str) -> Value {
        json!({ "person": { "first_name": given, "last_name": "Sonko", "date_of_birth": "2020-05-03", "sex": "male",
            "region": "DKR", "commune": "Pikine", "mother_name": "Penda Badji", "phone": "77 123 45 67",
            "household": "M17" } })
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_pair_is_shown_with_its_reasons_and_decided_once() {
        for kind in KINDS {
            let server = served(kind, crate::mpi::routes::routes().merge(super::routes())).await;
            let token = server.token(Role::ProgramAdmin, "").await;
            for given in ["Assane", "Ousseynou"] {
                let (status, _) = server.say(&token, ("POST", "/mpi/register"), twin(given)).await;
                assert_eq!(status, 201, "{kind:?}");
            }
            let (status, list) = server
                .say(&token, ("GET", "/mpi/reviews?kind=review"), Value::Null)
                .await;
            assert_eq!(status, 200, "{kind:?} {list}");
            let pair = &list["pairs"][0];
            assert_eq!(pair["veto"], "twins", "{kind:?}");
            let path = format!("/mpi/reviews/{}", pair["id"]);
            let (status, shown) = server.say(&token, ("GET", &path), Value::Null).await;
            assert_eq!((status, &shown), (200, pair), "{kind:?}");
            let agent = server.token(Role::EnrollmentAgent, "").await;
            assert_eq!(server.say(&agent, ("GET", &path), Value::Null).await.0, 403);
            let elsewhere = server.token(Role::Reviewer, "SN/THS").await;
            assert_eq!(server.say(&elsewhere, ("GET", &path), Value::Null).await.0, 404);
            let (_, none) = server.say(&elsewhere, ("GET", "/mpi/reviews"), Value::Null).await;
            assert_eq!(none, json!({ "pairs": [] }), "{kind:?}");
            let decide = format!("{path}/decision");
            let body = json!({ "decision": "reject", "note": "two boys, both came" });
            assert_eq!(
                server.say(&token, ("POST", &decide), body.clone()).await.0,
                204,
                "{kind:?}"
            );
            assert_eq!(
                server.say(&token, ("POST", &decide), body).await.0,
                404,
                "{kind:?}: decided"
            );
            let reader = server.app.db.reader();
            let notes = "SELECT count(*) FROM review_notes WHERE length(note) > 20";
            assert_eq!(sql::number(reader, notes, []).await, Ok(1), "{kind:?}");
            assert_eq!(
                sql::number(reader, "SELECT count(*) FROM splits", []).await,
                Ok(1)
            );
        }
    }
}
