//! A person at the server's own terminal, known by login and password.
//!
//! Whoever has the machine has the database, so that nothing is kept from them. What the password is for is the record:
//! a decision about people is somebody's, and the audit names that person. The code of the second factor is not asked,
//! which needs the master key; that there is one is, as everywhere.

use anyhow::{Context as _, ensure};

use super::password::{self, Password};
use super::user::{self, normalized};
use super::{Actor, Who};
use crate::app::Heavy;
use crate::db::{Db, DbError};

/// The actor behind a login of an organization, if the password fits.
pub async fn at_the_terminal(
    db: &Db,
    organisation: i64,
    login: &str,
    password: &Password,
    at: i64,
) -> anyhow::Result<Actor> {
    let login = normalized(login);
    let found = user::by_login(db.reader(), &login).await?;
    let found = found.filter(|user| user.organisation == organisation && user.is_active);
    let kept = found.as_ref().map(|user| user.password.clone());
    let fits = password::verify(&Heavy::default(), password, kept).await;
    let fits = fits
        .ok()
        .context("the password could not be checked; try again")?;
    let Some(user) = found.filter(|_| fits) else {
        let written: Result<(), DbError> = db
            .write(move |tx| Box::pin(async move { user::failed(tx, &login).await }))
            .await;
        written?;
        anyhow::bail!("the login or the password is not right; nothing was changed");
    };
    ensure!(
        !user.is_temporary,
        "somebody else chose this password; sign in once and choose your own"
    );
    Ok(Actor {
        who: Who::User {
            id: user.id,
            session: 0,
        },
        grants: user::grants(db.reader(), user.id).await?,
        has_second_factor: user.totp_since.is_some(),
        must_change_password: false,
        ..Actor::console(organisation, at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Role, account, testing as access_testing};
    use crate::app::testing;
    use crate::db::testing::KINDS;

    #[tokio::test]
    async fn a_person_is_known_by_a_password_of_their_own_and_by_nothing_else() {
        for kind in KINDS {
            let (app, _test) = testing::app(kind).await;
            let organisation = access_testing::organisation(&app, "one").await;
            let other = access_testing::organisation(&app, "two").await;
            let console = Actor::console(organisation, 0);
            let grant = serde_json::json!([{"role": "reviewer", "area": "SN"}]);
            let grants = serde_json::from_value(grant).unwrap();
            let about = ("awa".to_owned(), "Awa".to_owned(), grants);
            let (id, drawn) = account::create(&app.db, &app.heavy, &console, about)
                .await
                .unwrap();
            let password = Password::new(drawn.into_revealed());
            let known = async |organisation, login: &str, password: &Password| {
                let known = at_the_terminal(&app.db, organisation, login, password, 7).await;
                known.map_err(|error| error.to_string())
            };
            let refused = known(organisation, "awa", &password).await.unwrap_err();
            assert!(refused.contains("choose your own"), "{kind:?} {refused}");
            let own: Result<u64, DbError> = app
                .db
                .write(|tx| {
                    Box::pin(crate::db::sql::run(
                        tx,
                        "UPDATE users SET password_temporary = 0, totp_since = 1",
                        [],
                    ))
                })
                .await;
            own.unwrap();
            let actor = known(organisation, " Awa ", &password).await.unwrap();
            assert_eq!(
                (actor.name(), actor.roles()),
                (format!("user:{id}"), vec![Role::Reviewer])
            );
            for (organisation, login, password) in [
                (organisation, "awa", Password::new("something else".into())),
                (organisation, "nobody", password.clone()),
                (other, "awa", password),
            ] {
                let refused = known(organisation, login, &password).await.unwrap_err();
                assert!(refused.contains("not right"), "{kind:?} {refused}");
            }
        }
    }
}
