//! Rows of integrations' tokens.

use sea_orm::{ConnectionTrait, QueryResult};

use super::bearer::{self, Secret, digest};
use super::dto::TokenView;
use super::extract::grant_of;
use super::{Grant, Scope};
use crate::db::{DbError, sql};

const COLUMNS: &str = "id, name, created, expires, revoked, last_used, role, area";

/// A token to be made.
#[derive(Debug, Clone)]
pub struct ApiToken {
    /// The organization.
    pub organisation: i64,
    /// What it is for.
    pub name: String,
    /// What the integration may do, where.
    pub grant: Grant,
    /// Who made it.
    pub by: String,
    /// When it ends, in milliseconds since 1970.
    pub expires: Option<i64>,
    /// Milliseconds since 1970.
    pub at: i64,
}

/// Makes a token; says its row and the token, which is kept nowhere.
pub async fn insert(tx: &impl ConnectionTrait, new: &ApiToken) -> Result<(i64, Secret), DbError> {
    const INSERT: &str = "INSERT INTO api_tokens (organisation, name, hash, role, area, created, created_by, expires) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id";
    let token = bearer::draw(bearer::API).map_err(|error| DbError::Internal(error.to_string()))?;
    let row = [
        new.organisation.into(),
        new.name.clone().into(),
        digest(token.reveal()).into(),
        new.grant.role.name().into(),
        new.grant.area.as_str().into(),
        new.at.into(),
        new.by.clone().into(),
        new.expires.into(),
    ];
    Ok((sql::number(tx, INSERT, row).await?, token))
}

/// The tokens whose areas lie in a scope.
pub async fn list(db: &impl ConnectionTrait, scope: &Scope) -> Result<Vec<TokenView>, DbError> {
    let (condition, values) = scope.paths("area", 2);
    let text =
        format!("SELECT {COLUMNS} FROM api_tokens WHERE organisation = $1 AND ({condition}) ORDER BY id");
    let rows = sql::all(db, &text, [vec![scope.organisation.into()], values].concat()).await?;
    rows.iter().map(read).collect()
}

/// A token of an organization.
pub async fn by_id(
    db: &impl ConnectionTrait,
    organisation: i64,
    id: i64,
) -> Result<Option<TokenView>, DbError> {
    let one = format!("SELECT {COLUMNS} FROM api_tokens WHERE organisation = $1 AND id = $2");
    let row = sql::one(db, &one, [organisation.into(), id.into()]).await?;
    row.as_ref().map(read).transpose()
}

/// Revokes a token; it is refused from now on.
pub async fn revoke(tx: &impl ConnectionTrait, id: i64, at: i64) -> Result<(), DbError> {
    const REVOKE: &str = "UPDATE api_tokens SET revoked = $1 WHERE id = $2 AND revoked IS NULL";
    sql::run(tx, REVOKE, [at.into(), id.into()]).await?;
    Ok(())
}

fn read(row: &QueryResult) -> Result<TokenView, DbError> {
    let grant = grant_of(row, 6)?;
    Ok(TokenView {
        id: row.try_get_by_index(0)?,
        name: row.try_get_by_index(1)?,
        role: grant.role,
        area: grant.area,
        created: row.try_get_by_index(2)?,
        expires: row.try_get_by_index(3)?,
        revoked: row.try_get_by_index(4)?,
        last_used: row.try_get_by_index(5)?,
    })
}
