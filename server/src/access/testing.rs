//! Organizations and tokens for tests of routes.

#![expect(
    clippy::expect_used,
    reason = "a test stops where it cannot have its organization"
)]

use super::bearer::{self, digest};
use super::{Actor, Grant, Role, Who};
use crate::app::App;
use crate::db::{DbError, sql};
use crate::org::{NewOrganisation, add_organisation};

/// Makes an organization in Senegal; says its row.
pub async fn organisation(app: &App, code: &str) -> i64 {
    let new = NewOrganisation {
        code: code.to_owned(),
        name: format!("Organization {code}"),
        country: "SN".to_owned(),
        at: app.clock.millis(),
    };
    app.db
        .write(move |tx| Box::pin(async move { add_organisation(tx, &new).await }))
        .await
        .expect("an organization")
}

/// A token of an integration of a role in an area (`""`: everywhere), for the header `Authorization: Bearer`.
pub async fn token(app: &App, organisation: i64, role: Role, area: &str) -> String {
    let token = bearer::draw(bearer::API).expect("randomness").into_revealed();
    let row = [
        organisation.into(),
        digest(&token).into(),
        role.name().into(),
        area.into(),
        app.clock.millis().into(),
    ];
    app.db
        .write(move |tx| {
            Box::pin(async move {
                const INSERT: &str = "INSERT INTO api_tokens (organisation, name, hash, role, area, created, created_by) \
                     VALUES ($1, 'test', $2, $3, $4, $5, 'console')";
                sql::run(tx, INSERT, row).await
            })
        })
        .await
        .map_err(|error: DbError| error)
        .expect("a token");
    token
}

/// An actor of a role in an area, for tests below the routes.
pub fn actor(organisation: i64, role: Role, area: &str) -> Actor {
    let area = area.parse().expect("an area");
    Actor {
        who: Who::Token(1),
        grants: vec![Grant { role, area }],
        ..Actor::console(organisation, 0)
    }
}
