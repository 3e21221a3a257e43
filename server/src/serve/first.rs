//! The first start: an organization, and an administrator whose password is shown once.

use crate::access::{Actor, Area, Grant, Role, account};
use crate::app::App;
use crate::audit;
use crate::db::{DbError, sql};
use crate::org::{self, NewOrganisation, OrgError};
use crate::problem::Problem;

/// What the first organization is, where there is none.
#[derive(Debug, Clone, clap::Args)]
pub struct FirstStart {
    /// Name of the organization that the first start makes; `teranga admin organizations rename` changes it
    #[arg(long, env = "TERANGA_FIRST_ORGANIZATION", default_value = "Health programme")]
    pub first_organization: String,
    /// Country of the organization that the first start makes
    #[arg(long, env = "TERANGA_FIRST_COUNTRY", default_value = "SN")]
    pub first_country: String,
}

/// The code of the first organization.
const CODE: &str = "main";

/// The login of the first administrator.
pub const ADMIN: &str = "admin";

/// Makes what is missing. Says the password of an administrator that was made just now.
///
/// Two servers that start at once on one database make one organization and one administrator.
pub(super) async fn ensure(app: &App, first: &FirstStart) -> anyhow::Result<Option<String>> {
    let at = app.clock.millis();
    if org::organisations(app.db.reader()).await?.is_empty() {
        let new = NewOrganisation {
            code: CODE.to_owned(),
            name: first.first_organization.clone(),
            country: first.first_country.clone(),
            at,
        };
        let made = app.db.write(move |tx| {
            Box::pin(async move {
                let id = org::add_organisation(tx, &new).await?;
                let entry = Actor::console(id, at).entry("organization.create", format!("organization:{id}"));
                audit::record(tx, &entry).await?;
                Ok::<_, OrgError>(())
            })
        });
        match made.await {
            Ok(()) | Err(OrgError::Db(DbError::Conflict(_))) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if sql::number(app.db.reader(), "SELECT count(*) FROM users", []).await? > 0 {
        return Ok(None);
    }
    administrator(app, at).await
}

async fn administrator(app: &App, at: i64) -> anyhow::Result<Option<String>> {
    let all = org::organisations(app.db.reader()).await?;
    let Some(own) = all.iter().find(|one| one.code == CODE).or(all.first()) else {
        return Ok(None);
    };
    let grants = vec![Grant {
        role: Role::PlatformAdmin,
        area: Area::whole(),
    }];
    let about = (ADMIN.to_owned(), "Administrator".to_owned(), grants);
    match account::create(&app.db, &app.heavy, &Actor::console(own.id, at), about).await {
        Ok((_, password)) => Ok(Some(password.into_revealed())),
        Err(problem) if problem.kind == crate::problem::Kind::Conflict => Ok(None),
        Err(problem) => Err(failed(&problem)),
    }
}

fn failed(problem: &Problem) -> anyhow::Error {
    let cause = problem.cause().unwrap_or_default();
    anyhow::anyhow!(
        "the first administrator could not be made: {} {cause}",
        problem.kind.title()
    )
}
