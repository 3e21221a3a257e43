//! What is done to an account, by its owner or by whoever manages it, at a route or on the terminal.

use teranga_core::ids::OsRandom;

use super::password::{self, Password, Policy, Setting};
use super::user::{self, NewUser, User};
use super::{Action, Actor, Grant, Secret, decide_grant, second_factor, session};
use crate::app::{App, Heavy};
use crate::audit;
use crate::db::{Db, DbError, Locks, Tx, sql};
use crate::problem::{Kind, Problem};

/// The lock of changes to an organization's users, beside its row.
const LOCK: i64 = 0x7465_7261_6e00_0000;

/// So many tries at an account's password or code by whoever has its session.
fn admit(app: &App, user: &User) -> Result<(), Problem> {
    let key = <[u8; 32] as TryFrom<Vec<u8>>>::try_from(super::digest(&user.login)).unwrap_or_default();
    let admitted = app.rates.account.admit(&key);
    admitted.map_err(|seconds| Problem::new(Kind::TooManyRequests).retry_after(seconds))
}

/// Refuses whoever does not know the account's password.
pub(super) async fn confirm_password(app: &App, user: &User, given: &Password) -> Result<(), Problem> {
    admit(app, user)?;
    if password::verify(&app.heavy, given, Some(user.password.clone())).await? {
        Ok(())
    } else {
        Err(Problem::new(Kind::WrongCredentials).saying("the password does not fit"))
    }
}

/// Refuses whoever has no code of the account's second factor; the code is used up.
pub(super) async fn confirm_code(app: &App, user: &User, code: &str) -> Result<(), Problem> {
    admit(app, user)?;
    if user.totp_since.is_none() {
        return Err(Problem::new(Kind::Conflict).saying("there is no second factor"));
    }
    if second_factor::take(app, user, code).await? {
        Ok(())
    } else {
        Err(Problem::new(Kind::WrongCredentials).saying("the code does not fit; wait for the next one"))
    }
}

/// What a new password of a user is held against.
async fn setting(db: &Db, user: &User) -> Result<Setting, Problem> {
    const ORGANISATION: &str = "SELECT settings, name FROM organisations WHERE id = $1";
    let row = sql::one(db.reader(), ORGANISATION, [user.organisation.into()]).await?;
    let row = row.ok_or_else(|| Problem::internal("a user without an organization"))?;
    let settings: String = row.try_get_by_index(0)?;
    Ok(Setting {
        policy: serde_json::from_str::<Policy>(&settings).map_err(Problem::internal)?,
        has_second_factor: user.totp_since.is_some(),
        about: vec![user.login.clone(), user.name.clone(), row.try_get_by_index(1)?],
    })
}

/// Sets a password that its owner chose. All sessions but this one end, and its refresh tokens with them; says the version
/// of session tokens that counts, and a new refresh token.
pub(super) async fn choose_password(
    app: &App,
    actor: &Actor,
    user: &User,
    new: &Password,
    session: i64,
) -> Result<(i32, Secret), Problem> {
    let setting = setting(&app.db, user).await?;
    if password::verify(&app.heavy, new, Some(user.password.clone())).await? {
        return Err(Problem::new(Kind::WeakPassword).saying("take another password than the one so far"));
    }
    let new = new.clone();
    let checked = {
        let new = new.clone();
        app.heavy.run(move || password::check(&new, &setting)).await?
    };
    checked?;
    let hashed = password::hash(&app.heavy, &new).await?;
    let (id, at) = (user.id, app.clock.millis());
    let entry = actor.entry("password.change", format!("user:{id}"));
    let work = app.db.write(move |tx| {
        Box::pin(async move {
            let version = user::set_password(tx, id, &hashed, false, at).await?;
            session::end_all(tx, id, Some(session), "password", at).await?;
            session::forget_refresh(tx, session).await?;
            let refresh = session::add_refresh(tx, session, at).await?;
            audit::record(tx, &entry).await?;
            Ok::<_, DbError>((version, refresh))
        })
    });
    Ok(work.await?)
}

/// Makes a user with a password that has to be changed; says the row and the password.
pub async fn create(
    db: &Db,
    heavy: &Heavy,
    actor: &Actor,
    (login, name, grants): (String, String, Vec<Grant>),
) -> Result<(i64, Secret), Problem> {
    for grant in &grants {
        decide_grant(actor, Action::ManageUsers, grant)?;
    }
    let password = password::draw(&mut OsRandom)?;
    let hashed = password::hash(heavy, &Password::new(password.reveal().clone())).await?;
    let new = NewUser {
        organisation: actor.organisation,
        login: user::normalized(&login),
        name: name.trim().to_owned(),
        password: hashed,
        grants,
        at: actor.at,
    };
    if !user::is_login(&new.login) {
        return Err(Problem::field("/login", "3 to 64 letters, digits and . _ - @ +"));
    }
    let actor = actor.clone();
    let work = db.write(move |tx| {
        Box::pin(async move {
            let id = user::insert(tx, &new).await?;
            let entry = actor.entry("user.create", format!("user:{id}"));
            audit::record(tx, &entry.with_private("login", new.login)).await?;
            Ok::<_, DbError>(id)
        })
    });
    match work.await {
        Ok(id) => Ok((id, password)),
        Err(error @ DbError::Conflict(_)) => {
            Err(Problem::from(error).saying("somebody has this login; choose another"))
        }
        Err(error) => Err(error.into()),
    }
}

/// What is to be different about a user.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The name.
    pub name: Option<String>,
    /// The roles, in place of those so far.
    pub grants: Option<Vec<Grant>>,
    /// Whether the user may sign in.
    pub active: Option<bool>,
}

/// Refuses an actor who may not manage a user: one with a role that the actor could not give, or elsewhere.
pub async fn managed(db: &Db, actor: &Actor, id: i64) -> Result<User, Problem> {
    super::scope(actor, Action::ManageUsers)?;
    let found = user::by_id(db.reader(), actor.organisation, id).await?;
    let found = found.ok_or_else(|| Problem::new(Kind::NotFound))?;
    for grant in user::grants(db.reader(), id).await? {
        decide_grant(actor, Action::ManageUsers, &grant)?;
    }
    Ok(found)
}

/// Changes a user. The last one who may do everything stays that.
pub async fn change(db: &Db, actor: &Actor, user: &User, change: Change) -> Result<(), Problem> {
    for grant in change.grants.iter().flatten() {
        decide_grant(actor, Action::ManageUsers, grant)?;
    }
    let (id, organisation, actor) = (user.id, user.organisation, actor.clone());
    // Alone, so that two administrators never take one another's rights at once.
    let alone = Locks::new(vec![], vec![LOCK ^ organisation]);
    let work = db.write_under(alone, move |tx| {
        Box::pin(async move {
            keep_an_admin(tx, organisation, id, &change).await?;
            if let Some(name) = &change.name {
                const NAME: &str = "UPDATE users SET name = $1 WHERE id = $2";
                sql::run(tx, NAME, [name.trim().into(), id.into()]).await?;
            }
            if let Some(grants) = &change.grants {
                user::give(tx, id, grants).await?;
            }
            if let Some(active) = change.active {
                user::set_active(tx, id, active).await?;
                session::end_all(tx, id, None, "disabled", actor.at).await?;
            }
            let action = match change.active {
                Some(true) => "user.enable",
                Some(false) => "user.disable",
                None => "user.change",
            };
            audit::record(tx, &actor.entry(action, format!("user:{id}"))).await?;
            Ok::<_, Problem>(())
        })
    });
    work.await
}

async fn keep_an_admin(tx: &Tx, organisation: i64, user: i64, change: &Change) -> Result<(), Problem> {
    let everywhere =
        |grant: &Grant| grant.role == super::Role::PlatformAdmin && grant.area == super::Area::whole();
    let loses = change.active == Some(false)
        || change
            .grants
            .as_ref()
            .is_some_and(|grants| !grants.iter().any(everywhere));
    let is_last = user::is_admin(tx, user).await? && !user::has_other_admin(tx, organisation, user).await?;
    if loses && is_last {
        return Err(Problem::new(Kind::Conflict)
            .saying("nobody else may do everything in the organization; make another platform-admin first"));
    }
    Ok(())
}

/// Gives a user a password that has to be changed, and ends the user's sessions.
pub async fn reset_password(db: &Db, heavy: &Heavy, actor: &Actor, user: &User) -> Result<Secret, Problem> {
    let password = password::draw(&mut OsRandom)?;
    let hashed = password::hash(heavy, &Password::new(password.reveal().clone())).await?;
    let (id, at) = (user.id, actor.at);
    let entry = actor.entry("user.reset-password", format!("user:{id}"));
    db.write(move |tx| {
        Box::pin(async move {
            user::set_password(tx, id, &hashed, true, at).await?;
            session::end_all(tx, id, None, "password", at).await?;
            audit::record(tx, &entry).await
        })
    })
    .await?;
    Ok(password)
}

/// Takes a user's second factor away, for one who lost the phone, and ends the user's sessions.
pub async fn reset_second_factor(db: &Db, actor: &Actor, user: &User) -> Result<(), Problem> {
    let (id, at) = (user.id, actor.at);
    let entry = actor.entry("user.reset-second-factor", format!("user:{id}"));
    db.write(move |tx| {
        Box::pin(async move {
            user::set_totp(tx, id, None).await?;
            session::end_all(tx, id, None, "second-factor", at).await?;
            audit::record(tx, &entry).await
        })
    })
    .await?;
    Ok(())
}
