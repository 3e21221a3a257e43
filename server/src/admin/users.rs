//! Users, and tokens of integrations.

use clap::Subcommand;
use serde_json::json;

use super::output::when;
use super::{Desk, said};
use crate::access::account::{self, Change};
use crate::access::dto::{CreateToken, TokenView};
use crate::access::user::{self, User};
use crate::access::{Action, Actor, Area, Grant, Role, api_token, integration, scope};
use crate::app::Heavy;
use crate::input;

#[derive(Debug, Subcommand)]
pub(super) enum Users {
    /// All of an organization
    List,
    /// Make one, with a password that has to be changed at the first sign-in
    Add {
        /// What the user signs in with
        login: String,
        /// The user's name
        name: String,
        /// What the user is
        #[arg(long)]
        role: Role,
        /// Where [default: everywhere]
        #[arg(long, default_value = "")]
        area: Area,
    },
    /// Give one a role more
    Give {
        /// What the user signs in with
        login: String,
        /// What the user is
        #[arg(long)]
        role: Role,
        /// Where [default: everywhere]
        #[arg(long, default_value = "")]
        area: Area,
    },
    /// Take a role from one
    Take {
        /// What the user signs in with
        login: String,
        /// What the user no longer is
        #[arg(long)]
        role: Role,
        /// Where [default: everywhere]
        #[arg(long, default_value = "")]
        area: Area,
    },
    /// Shut one out at once
    Disable {
        /// What the user signs in with
        login: String,
    },
    /// Let one in again
    Enable {
        /// What the user signs in with
        login: String,
    },
    /// Give one another password, which has to be changed at the next sign-in
    ResetPassword {
        /// What the user signs in with
        login: String,
    },
    /// Take one's second factor away, for one who lost the phone
    ResetTotp {
        /// What the user signs in with
        login: String,
    },
}

#[derive(serde::Serialize)]
struct Line {
    id: i64,
    login: String,
    name: String,
    active: bool,
    second_factor: bool,
    grants: Vec<Grant>,
    last_sign_in: Option<i64>,
}

pub(super) async fn users(desk: &Desk, what: Users) -> anyhow::Result<()> {
    let actor = desk.actor().await?;
    match what {
        Users::List => list(desk, &actor).await,
        Users::Add {
            login,
            name,
            role,
            area,
        } => {
            let about = (login.clone(), name, vec![Grant { role, area }]);
            let made = account::create(&desk.db, &Heavy::default(), &actor, about).await;
            let (id, password) = made.map_err(said)?;
            let password = password.reveal();
            let sentence = format!("user {login} was made; the first password, shown once: {password}");
            desk.out.one(
                &json!({"id": id, "login": login, "password": password}),
                &sentence,
            );
            Ok(())
        }
        Users::Give { login, role, area } => regrant(desk, &actor, &login, Grant { role, area }, true).await,
        Users::Take { login, role, area } => regrant(desk, &actor, &login, Grant { role, area }, false).await,
        Users::Disable { login } => activate(desk, &actor, &login, false).await,
        Users::Enable { login } => activate(desk, &actor, &login, true).await,
        Users::ResetPassword { login } => {
            let user = user_of(desk, &actor, &login).await?;
            let reset = account::reset_password(&desk.db, &Heavy::default(), &actor, &user).await;
            let password = reset.map_err(said)?;
            let password = password.reveal();
            let sentence = format!("the next password of {login}, shown once: {password}");
            desk.out.one(
                &json!({"id": user.id, "login": login, "password": password}),
                &sentence,
            );
            Ok(())
        }
        Users::ResetTotp { login } => {
            let user = user_of(desk, &actor, &login).await?;
            account::reset_second_factor(&desk.db, &actor, &user)
                .await
                .map_err(said)?;
            desk.out.one(
                &json!({"id": user.id, "login": login}),
                &format!("{login} has no second factor any more"),
            );
            Ok(())
        }
    }
}

async fn list(desk: &Desk, actor: &Actor) -> anyhow::Result<()> {
    let scope = scope(actor, Action::ManageUsers)?;
    let mut lines = Vec::new();
    for user in user::list(desk.db.reader(), &scope, 0, i64::from(u32::MAX)).await? {
        lines.push(Line {
            grants: user::grants(desk.db.reader(), user.id).await?,
            id: user.id,
            login: user.login,
            name: user.name,
            active: user.is_active,
            second_factor: user.totp_since.is_some(),
            last_sign_in: user.last_sign_in,
        });
    }
    desk.out.list(
        &lines,
        &["LOGIN", "NAME", "ROLES", "STATE", "SECOND FACTOR", "LAST SIGN-IN"],
        |line| {
            let grants: Vec<String> = line
                .grants
                .iter()
                .map(|grant| format!("{} {}", grant.role, grant.area))
                .collect();
            vec![
                line.login.clone(),
                line.name.clone(),
                grants.join(", "),
                if line.active { "active" } else { "disabled" }.to_owned(),
                if line.second_factor { "yes" } else { "no" }.to_owned(),
                when(line.last_sign_in),
            ]
        },
    )
}

async fn user_of(desk: &Desk, actor: &Actor, login: &str) -> anyhow::Result<User> {
    let found = user::by_login(desk.db.reader(), &user::normalized(login)).await?;
    let found = found.filter(|user| user.organisation == actor.organisation);
    found.ok_or_else(|| {
        anyhow::anyhow!(
            "nobody in the organization has the login {login:?}; `teranga admin users list` shows them"
        )
    })
}

async fn regrant(desk: &Desk, actor: &Actor, login: &str, grant: Grant, more: bool) -> anyhow::Result<()> {
    let user = user_of(desk, actor, login).await?;
    let mut grants = user::grants(desk.db.reader(), user.id).await?;
    let had = grants.contains(&grant);
    grants.retain(|held| *held != grant);
    if more {
        grants.push(grant.clone());
    }
    anyhow::ensure!(more || had, "{login} is no {} {}", grant.role, grant.area);
    let change = Change {
        grants: Some(grants),
        ..Change::default()
    };
    account::change(&desk.db, actor, &user, change)
        .await
        .map_err(said)?;
    let verb = if more { "is" } else { "is no longer" };
    let sentence = format!("{login} {verb} {} {}", grant.role, grant.area);
    desk.out.one(&json!({"id": user.id, "login": login}), &sentence);
    Ok(())
}

async fn activate(desk: &Desk, actor: &Actor, login: &str, active: bool) -> anyhow::Result<()> {
    let user = user_of(desk, actor, login).await?;
    let change = Change {
        active: Some(active),
        ..Change::default()
    };
    account::change(&desk.db, actor, &user, change)
        .await
        .map_err(said)?;
    let words = if active { "may sign in" } else { "is shut out" };
    desk.out.one(
        &json!({"id": user.id, "login": login, "active": active}),
        &format!("{login} {words}"),
    );
    Ok(())
}

#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Make one; it is shown once
    Create {
        /// What the integration may do
        #[arg(long)]
        role: Role,
        /// What it is for
        #[arg(long)]
        name: String,
        /// Where [default: everywhere]
        #[arg(long, default_value = "")]
        area: Area,
        /// Days that it lives [default: until it is revoked]
        #[arg(long)]
        days: Option<i64>,
    },
    /// All of an organization
    List,
    /// Let one count no more
    Revoke {
        /// The number that `list` shows
        id: i64,
    },
}

pub(super) async fn token(desk: &Desk, what: Token) -> anyhow::Result<()> {
    let actor = desk.actor().await?;
    match what {
        Token::Create {
            role,
            name,
            area,
            days,
        } => {
            let form = CreateToken {
                name,
                role,
                area,
                days,
            };
            input::check(&form).map_err(said)?;
            let made = integration::create(&desk.db, &actor, form).await.map_err(said)?;
            // The token alone on its line, so that a script can take it.
            desk.out.one(&serde_json::to_value(&made)?, &made.token);
            Ok(())
        }
        Token::List => {
            let scope = scope(&actor, Action::ManageTokens)?;
            let all = api_token::list(desk.db.reader(), &scope).await?;
            desk.out.list(
                &all,
                &["ID", "NAME", "ROLE", "AREA", "EXPIRES", "REVOKED", "LAST USED"],
                |one: &TokenView| {
                    vec![
                        one.id.to_string(),
                        one.name.clone(),
                        one.role.to_string(),
                        one.area.to_string(),
                        when(one.expires),
                        when(one.revoked),
                        when(one.last_used),
                    ]
                },
            )
        }
        Token::Revoke { id } => {
            let found = api_token::by_id(desk.db.reader(), actor.organisation, id).await?;
            anyhow::ensure!(
                found.is_some(),
                "the organization has no token {id}; `teranga admin token list` shows them"
            );
            integration::revoke(&desk.db, &actor, id).await.map_err(said)?;
            desk.out
                .one(&json!({"id": id}), &format!("token {id} counts no more"));
            Ok(())
        }
    }
}
