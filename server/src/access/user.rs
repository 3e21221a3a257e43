//! Rows of users.

use sea_orm::{ConnectionTrait, QueryResult, Value};

use super::extract::grant_of;
use super::{Grant, Scope};
use crate::db::{DbError, sql};

/// A user as the database has it, without roles.
#[derive(Clone)]
pub struct User {
    /// The row.
    pub id: i64,
    /// The organization.
    pub organisation: i64,
    /// What the user signs in with.
    pub login: String,
    /// The user's name.
    pub name: String,
    /// A PHC string.
    pub password: String,
    /// Whether somebody else chose it.
    pub is_temporary: bool,
    /// The version of session tokens that counts.
    pub version: i32,
    /// Whether the user may sign in.
    pub is_active: bool,
    /// Wrong passwords since the last right one.
    pub failures: i32,
    /// The sealed second factor.
    pub totp: Option<Vec<u8>>,
    /// Since when it counts.
    pub totp_since: Option<i64>,
    /// The step of the last code that was taken.
    pub totp_step: i64,
    /// When the user was made.
    pub created: i64,
    /// When the user last signed in.
    pub last_sign_in: Option<i64>,
}

const COLUMNS: &str = "u.id, u.organisation, u.login, u.name, u.password, u.password_temporary, u.version, u.state, \
     u.failures, u.totp, u.totp_since, u.totp_step, u.created, u.last_sign_in";

/// A login as it is kept: in small letters, without spaces around it.
pub fn normalized(login: &str) -> String {
    login.trim().to_lowercase()
}

/// Whether a text can be a login: 3 to 64 letters, digits and `. _ - @ +`.
pub fn is_login(login: &str) -> bool {
    (3..=64).contains(&login.len())
        && login
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-@+".contains(&byte))
}

/// The user with a login.
pub async fn by_login(db: &impl ConnectionTrait, login: &str) -> Result<Option<User>, DbError> {
    let one = format!("SELECT {COLUMNS} FROM users u WHERE u.login = $1");
    let row = sql::one(db, &one, [login.into()]).await?;
    row.as_ref().map(read).transpose()
}

/// A user of an organization.
pub async fn by_id(db: &impl ConnectionTrait, organisation: i64, id: i64) -> Result<Option<User>, DbError> {
    let one = format!("SELECT {COLUMNS} FROM users u WHERE u.organisation = $1 AND u.id = $2");
    let row = sql::one(db, &one, [organisation.into(), id.into()]).await?;
    row.as_ref().map(read).transpose()
}

/// Users all of whose roles lie in a scope, by row, after one.
pub async fn list(
    db: &impl ConnectionTrait,
    scope: &Scope,
    after: i64,
    most: i64,
) -> Result<Vec<User>, DbError> {
    let (condition, mut values) = scope.paths("r.area", 4);
    let text = format!(
        "SELECT {COLUMNS} FROM users u WHERE u.organisation = $1 AND u.id > $2 AND NOT EXISTS \
         (SELECT 1 FROM user_roles r WHERE r.user_id = u.id AND NOT ({condition})) ORDER BY u.id LIMIT $3"
    );
    let mut all: Vec<Value> = vec![scope.organisation.into(), after.into(), most.into()];
    all.append(&mut values);
    let rows = sql::all(db, &text, all).await?;
    rows.iter().map(read).collect()
}

/// The roles of a user.
pub async fn grants(db: &impl ConnectionTrait, user: i64) -> Result<Vec<Grant>, DbError> {
    const GRANTS: &str = "SELECT role, area FROM user_roles WHERE user_id = $1 ORDER BY role, area";
    let rows = sql::all(db, GRANTS, [user.into()]).await?;
    rows.iter().map(|row| grant_of(row, 0)).collect()
}

/// A user to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The organization.
    pub organisation: i64,
    /// What the user signs in with, normalized.
    pub login: String,
    /// The user's name.
    pub name: String,
    /// A PHC string of a password that must be changed.
    pub password: String,
    /// The roles.
    pub grants: Vec<Grant>,
    /// Milliseconds since 1970.
    pub at: i64,
}

/// Makes a user whose password must be changed; says the row.
pub async fn insert(tx: &impl ConnectionTrait, new: &NewUser) -> Result<i64, DbError> {
    const INSERT: &str = "INSERT INTO users (organisation, login, name, password, password_temporary, password_changed, \
         created) VALUES ($1, $2, $3, $4, 1, $5, $5) RETURNING id";
    let row = [
        new.organisation.into(),
        new.login.clone().into(),
        new.name.clone().into(),
        new.password.clone().into(),
        new.at.into(),
    ];
    let id = sql::number(tx, INSERT, row).await?;
    give(tx, id, &new.grants).await?;
    Ok(id)
}

/// Gives a user these roles and no others.
pub async fn give(tx: &impl ConnectionTrait, user: i64, grants: &[Grant]) -> Result<(), DbError> {
    sql::run(tx, "DELETE FROM user_roles WHERE user_id = $1", [user.into()]).await?;
    for grant in grants {
        const INSERT: &str =
            "INSERT INTO user_roles (user_id, role, area) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        let row = [user.into(), grant.role.name().into(), grant.area.as_str().into()];
        sql::run(tx, INSERT, row).await?;
    }
    Ok(())
}

/// Notes a sign-in.
pub async fn signed_in(tx: &impl ConnectionTrait, user: i64, at: i64) -> Result<(), DbError> {
    const SET: &str = "UPDATE users SET failures = 0, last_sign_in = $1 WHERE id = $2";
    sql::run(tx, SET, [at.into(), user.into()]).await?;
    Ok(())
}

/// Counts a failed sign-in, if there is such an account.
pub async fn failed(tx: &impl ConnectionTrait, login: &str) -> Result<(), DbError> {
    const COUNT: &str = "UPDATE users SET failures = failures + 1 WHERE login = $1";
    sql::run(tx, COUNT, [login.into()]).await?;
    Ok(())
}

/// Sets a password. Tokens of earlier versions are refused from now on; says the new version.
pub async fn set_password(
    tx: &impl ConnectionTrait,
    user: i64,
    password: &str,
    is_temporary: bool,
    at: i64,
) -> Result<i32, DbError> {
    const SET: &str = "UPDATE users SET password = $1, password_temporary = $2, password_changed = $3, failures = 0, \
         version = version + 1 WHERE id = $4 RETURNING version";
    let row = [
        password.into(),
        i16::from(is_temporary).into(),
        at.into(),
        user.into(),
    ];
    version_of(sql::one(tx, SET, row).await?)
}

/// Lets a user sign in, or not; tokens that are out are refused from now on.
pub async fn set_active(tx: &impl ConnectionTrait, user: i64, is_active: bool) -> Result<(), DbError> {
    const SET: &str = "UPDATE users SET state = $1, version = version + 1, failures = 0 WHERE id = $2";
    sql::run(tx, SET, [i16::from(!is_active).into(), user.into()]).await?;
    Ok(())
}

/// Keeps a sealed second factor that does not count yet; `None` removes it and its recovery codes.
pub async fn set_totp(tx: &impl ConnectionTrait, user: i64, sealed: Option<Vec<u8>>) -> Result<(), DbError> {
    const SET: &str = "UPDATE users SET totp = $1, totp_since = NULL, totp_step = 0 WHERE id = $2";
    sql::run(tx, SET, [sealed.into(), user.into()]).await?;
    sql::run(tx, "DELETE FROM recovery_codes WHERE user_id = $1", [user.into()]).await?;
    Ok(())
}

/// Whether a user may do everything in the organization.
pub async fn is_admin(tx: &impl ConnectionTrait, user: i64) -> Result<bool, DbError> {
    const ADMIN: &str = "SELECT count(*) FROM users u JOIN user_roles r ON r.user_id = u.id \
         WHERE u.id = $1 AND u.state = 0 AND r.role = 'platform-admin' AND r.area = ''";
    Ok(sql::number(tx, ADMIN, [user.into()]).await? > 0)
}

/// Whether someone else may still do everything in an organization.
pub async fn has_other_admin(
    tx: &impl ConnectionTrait,
    organisation: i64,
    user: i64,
) -> Result<bool, DbError> {
    const OTHERS: &str = "SELECT count(*) FROM users u JOIN user_roles r ON r.user_id = u.id \
         WHERE u.organisation = $1 AND u.id <> $2 AND u.state = 0 AND r.role = 'platform-admin' AND r.area = ''";
    Ok(sql::number(tx, OTHERS, [organisation.into(), user.into()]).await? > 0)
}

fn version_of(row: Option<QueryResult>) -> Result<i32, DbError> {
    match row {
        Some(row) => Ok(row.try_get_by_index(0)?),
        None => Err(DbError::Missing("the user".to_owned())),
    }
}

fn read(row: &QueryResult) -> Result<User, DbError> {
    Ok(User {
        id: row.try_get_by_index(0)?,
        organisation: row.try_get_by_index(1)?,
        login: row.try_get_by_index(2)?,
        name: row.try_get_by_index(3)?,
        password: row.try_get_by_index(4)?,
        is_temporary: row.try_get_by_index::<i16>(5)? != 0,
        version: row.try_get_by_index(6)?,
        is_active: row.try_get_by_index::<i16>(7)? == 0,
        failures: row.try_get_by_index(8)?,
        totp: row.try_get_by_index(9)?,
        totp_since: row.try_get_by_index(10)?,
        totp_step: row.try_get_by_index(11)?,
        created: row.try_get_by_index(12)?,
        last_sign_in: row.try_get_by_index(13)?,
    })
}
