//! What comes in and goes out at the routes of sign-in, users and tokens.

use super::password::{LONGEST, Password};
use super::{Area, Grant, Role};
use crate::input::{Faults, Validate};

fn demand_password(faults: &mut Faults, password: &Password, pointer: &str) {
    let length = password.reveal().len();
    faults.demand(
        (1..=LONGEST).contains(&length),
        pointer,
        "a password of 1 to 1024 bytes",
    );
}

fn demand_code(faults: &mut Faults, code: &str, pointer: &str) {
    let fine = (6..=40).contains(&code.len()) && code.is_ascii() && !code.chars().any(|c| c.is_control());
    faults.demand(
        fine,
        pointer,
        "the six digits that the authenticator shows, or a recovery code",
    );
}

/// A sign-in.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The account's login.
    #[schema(min_length = 1, max_length = 256)]
    pub login: String,
    /// The account's password.
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 1024)]
    pub password: Password,
    /// The six digits of the second factor, or a recovery code; needed where the account has one.
    #[serde(default)]
    #[schema(min_length = 6, max_length = 40)]
    pub code: Option<String>,
}

impl Validate for SignIn {
    fn check(&self, faults: &mut Faults) {
        faults.demand_text(&self.login, 256, "/login");
        demand_password(faults, &self.password, "/password");
        if let Some(code) = &self.code {
            demand_code(faults, code, "/code");
        }
    }
}

/// A refresh token.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The refresh token that came last.
    #[schema(min_length = 1, max_length = 256)]
    pub refresh_token: String,
}

impl Validate for Refresh {
    fn check(&self, faults: &mut Faults) {
        faults.demand_text(&self.refresh_token, 256, "/refresh_token");
    }
}

/// A change of one's own password.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The password so far.
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 1024)]
    pub current: Password,
    /// The new one: at least 15 characters, 8 with a second factor, and not easy to guess.
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 1024)]
    pub new: Password,
}

impl Validate for ChangePassword {
    fn check(&self, faults: &mut Faults) {
        demand_password(faults, &self.current, "/current");
        demand_password(faults, &self.new, "/new");
    }
}

/// One's password once more, before something that a stolen session should not do.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Again {
    /// The account's password.
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 1024)]
    pub password: Password,
}

impl Validate for Again {
    fn check(&self, faults: &mut Faults) {
        demand_password(faults, &self.password, "/password");
    }
}

/// A code of the second factor.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// The six digits that the authenticator shows.
    #[schema(min_length = 6, max_length = 40)]
    pub code: String,
}

impl Validate for Code {
    fn check(&self, faults: &mut Faults) {
        demand_code(faults, &self.code, "/code");
    }
}

/// Recovery codes, shown once.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub struct RecoveryCodes {
    /// Each signs in once in place of a code, when the phone is lost.
    pub recovery_codes: Vec<String>,
}

/// Whoever asks.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub struct Me {
    /// `user` or `token`.
    pub kind: &'static str,
    /// The row of the user or the token.
    pub id: i64,
    /// The login, or the token's name.
    pub name: String,
    /// Code of the organization.
    pub organization: String,
    /// Roles in areas.
    pub grants: Vec<Grant>,
    /// Whether there is a second factor.
    pub has_second_factor: bool,
    /// Whether a role needs one.
    pub needs_second_factor: bool,
    /// Whether a password has to be chosen first.
    pub must_change_password: bool,
}

/// A user to be made.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    /// 3 to 64 letters, digits and `. _ - @ +`; unique in the whole server.
    #[schema(min_length = 3, max_length = 64)]
    pub login: String,
    /// The user's name.
    #[schema(min_length = 1, max_length = 120)]
    pub name: String,
    /// Roles in areas.
    #[schema(min_items = 1, max_items = 20)]
    pub grants: Vec<Grant>,
}

impl Validate for CreateUser {
    fn check(&self, faults: &mut Faults) {
        let login = super::user::normalized(&self.login);
        let words = "3 to 64 letters, digits and . _ - @ +";
        faults.demand(super::user::is_login(&login), "/login", words);
        faults.demand_text(&self.name, 120, "/name");
        demand_grants(faults, &self.grants);
    }
}

fn demand_grants(faults: &mut Faults, grants: &[Grant]) {
    faults.demand(
        (1..=20).contains(&grants.len()),
        "/grants",
        "1 to 20 roles in areas",
    );
}

/// A change of a user; what is not named stays.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeUser {
    /// The user's name.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 120)]
    pub name: Option<String>,
    /// Roles in areas, in place of those so far.
    #[serde(default)]
    #[schema(min_items = 1, max_items = 20)]
    pub grants: Option<Vec<Grant>>,
    /// Whether the user may sign in.
    #[serde(default)]
    pub active: Option<bool>,
}

impl Validate for ChangeUser {
    fn check(&self, faults: &mut Faults) {
        if let Some(name) = &self.name {
            faults.demand_text(name, 120, "/name");
        }
        if let Some(grants) = &self.grants {
            demand_grants(faults, grants);
        }
    }
}

/// A user.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub struct UserView {
    /// The row.
    pub id: i64,
    /// What the user signs in with.
    pub login: String,
    /// The user's name.
    pub name: String,
    /// Roles in areas.
    pub grants: Vec<Grant>,
    /// Whether the user may sign in.
    pub active: bool,
    /// Whether there is a second factor.
    pub has_second_factor: bool,
    /// Whether a password has to be chosen first.
    pub must_change_password: bool,
    /// When the user was made, in milliseconds since 1970.
    pub created: i64,
    /// When the user last signed in.
    pub last_sign_in: Option<i64>,
}

/// A user and a password, shown once.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub struct WithPassword {
    /// The user.
    pub user: UserView,
    /// A password that has to be changed at the first sign-in.
    pub password: String,
}

/// A page of users.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub struct Users {
    /// The users.
    pub users: Vec<UserView>,
    /// `after` for the next page, if there is one.
    pub next: Option<i64>,
}

/// Which page.
#[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// Rows after this one.
    #[serde(default)]
    #[param(minimum = 0)]
    pub after: i64,
    /// Most rows, 1 to 200.
    #[serde(default = "fifty")]
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: i64,
}

fn fifty() -> i64 {
    50
}

impl Validate for Page {
    fn check(&self, faults: &mut Faults) {
        faults.demand((1..=200).contains(&self.limit), "?limit", "1 to 200");
        faults.demand(self.after >= 0, "?after", "a number that a page before named");
    }
}

/// A token to be made.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateToken {
    /// What the token is for.
    #[schema(min_length = 1, max_length = 120)]
    pub name: String,
    /// What the integration may do.
    pub role: Role,
    /// Where; nothing: everywhere.
    #[serde(default)]
    #[schema(value_type = String, example = "SN/DKR", max_length = 100)]
    pub area: Area,
    /// Days that the token lives; nothing: until it is revoked.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 3650)]
    pub days: Option<i64>,
}

impl Validate for CreateToken {
    fn check(&self, faults: &mut Faults) {
        faults.demand_text(&self.name, 120, "/name");
        let days = self.days.is_none_or(|days| (1..=3650).contains(&days));
        faults.demand(days, "/days", "1 to 3650 days");
    }
}

/// A token of an integration, without the token.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct TokenView {
    /// The row.
    pub id: i64,
    /// What it is for.
    pub name: String,
    /// What the integration may do.
    pub role: Role,
    /// Where.
    #[schema(value_type = String)]
    pub area: Area,
    /// When it was made, in milliseconds since 1970.
    pub created: i64,
    /// When it ends.
    pub expires: Option<i64>,
    /// When it was revoked.
    pub revoked: Option<i64>,
    /// When it was last used, to the hour.
    pub last_used: Option<i64>,
}

/// A token, shown once.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub struct NewToken {
    /// What is known of it.
    #[serde(flatten)]
    pub view: TokenView,
    /// The token, for the header `Authorization: Bearer`. It is kept nowhere.
    pub token: String,
}

/// Tokens of integrations.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub struct TokenList {
    /// The tokens, revoked ones among them.
    pub tokens: Vec<TokenView>,
}
