//! `/mpi`: registering, finding, correcting and joining people.
//!
//! Who may do what is decided by the place where the person lives. A search or a match shows people of one's own areas and
//! says of others only that there are some; both are audited with their purpose, since they tell who is registered.

mod find;
mod join;
mod person;
mod register;

use std::sync::Arc;

use teranga_core::person::{Demographics, MpiId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::dto::PersonForm;
use super::search::Found;
use super::{Index, MpiError};
use crate::access::{Action, Actor, Area, Scope, Target, Who, decide, scope};
use crate::app::App;
use crate::audit;
use crate::db::{DbError, Tx, Writing, sql};
use crate::problem::{Kind, Problem};

/// The routes of the index, for the router.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(register::register))
        .routes(routes!(find::find))
        .routes(routes!(find::match_person))
        .routes(routes!(join::merge))
        .routes(routes!(person::show, person::correct))
        .routes(routes!(join::unmerge))
        .routes(routes!(person::deactivate))
        .routes(routes!(join::link_dhis2))
        .routes(routes!(find::resolve_dhis2))
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

#[cfg(test)]
mod tests;
