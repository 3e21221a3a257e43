//! Tokens of integrations: made and revoked, at a route or on the terminal.

use super::api_token::{self, ApiToken};
use super::dto::{CreateToken, NewToken, TokenView};
use super::{Action, Actor, Grant, decide_grant};
use crate::audit;
use crate::db::{Db, DbError};
use crate::problem::Problem;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// Makes a token of a role that the actor may give.
pub async fn create(db: &Db, actor: &Actor, form: CreateToken) -> Result<NewToken, Problem> {
    let grant = Grant {
        role: form.role,
        area: form.area,
    };
    decide_grant(actor, Action::ManageTokens, &grant)?;
    let new = ApiToken {
        organisation: actor.organisation,
        name: form.name.trim().to_owned(),
        grant,
        by: actor.name(),
        expires: form.days.map(|days| actor.at + days * DAY),
        at: actor.at,
    };
    let actor = actor.clone();
    let work = db.write(move |tx| {
        Box::pin(async move {
            let (id, token) = api_token::insert(tx, &new).await?;
            audit::record(tx, &actor.entry("token.create", format!("token:{id}"))).await?;
            Ok::<_, DbError>((id, token, new))
        })
    });
    let (id, token, new) = work.await?;
    Ok(NewToken {
        view: TokenView {
            id,
            name: new.name,
            role: new.grant.role,
            area: new.grant.area,
            created: new.at,
            expires: new.expires,
            revoked: None,
            last_used: None,
        },
        token: token.into_revealed(),
    })
}

/// Revokes a token; it is refused from now on.
pub async fn revoke(db: &Db, actor: &Actor, id: i64) -> Result<(), Problem> {
    let (at, entry) = (actor.at, actor.entry("token.revoke", format!("token:{id}")));
    db.write(move |tx| {
        Box::pin(async move {
            api_token::revoke(tx, id, at).await?;
            audit::record(tx, &entry).await
        })
    })
    .await?;
    Ok(())
}
