//! The description of the public's routes, and what a QR code of this installation looks like.
//!
//! The looks are answered by [`super::http`]; the functions here describe them for `/openapi.json`.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::Response;
use jiff::civil::Date;
use teranga_core::card::payload;
use teranga_core::card::text::{Form, Host};
use teranga_core::card::trust::{KeyState, Scope};
use utoipa::OpenApi as _;

use super::answer::Report;
use super::desk::Desk;
use super::http::{self, Trouble};
use super::trust::Issuer;
use crate::db::DbError;
use crate::problem::Problem;

/// The description of these routes.
pub fn document() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(card, pass, token, qr_config))]
struct Description;

/// How a look may be answered, whatever the caller accepts.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what the routes below read by their way")]
struct Wish {
    /// `json` or `html`, whatever the caller accepts
    format: Option<String>,
    /// `fr` or `en`, for the page
    lang: Option<String>,
}

/// Look at a card by its link
///
/// What the QR code of a card opens, in any letter case. A page for people (French or English), JSON for programs.
/// Text that is no card at all is answered as an unknown card is, by the same work. The answer never says who holds a card.
#[utoipa::path(get, path = "/c/{payload}", tag = "verify",
    params(
        ("payload" = String, Path, description = "The Base32 text of the card's link"),
        Wish,
    ),
    responses((status = 200, description = "The verdict",
        content((Report = "application/json"), (String = "text/html"))),
        (status = 429, description = "Too many looks from one address or at one card",
        content((crate::problem::Document = "application/problem+json"), (String = "text/html"))),
        (status = 503, description = "No verdict now",
        content((crate::problem::Document = "application/problem+json"), (String = "text/html")))))]
#[expect(dead_code, reason = "describes a route that the router answers by its way")]
fn card() {}

/// Look at a wallet pass by its link
#[utoipa::path(get, path = "/verify", tag = "verify",
    params(
        ("p" = Option<String>, Query, description = "The pass"),
        ("s" = Option<String>, Query, description = "The server's seal of the pass"),
        Wish,
    ),
    responses((status = 200, description = "The verdict",
        content((Report = "application/json"), (String = "text/html"))),
        (status = 429, description = "Too many looks from one address or at one card",
        content((crate::problem::Document = "application/problem+json"), (String = "text/html"))),
        (status = 503, description = "No verdict now",
        content((crate::problem::Document = "application/problem+json"), (String = "text/html")))))]
#[expect(dead_code, reason = "describes a route that the router answers by its way")]
fn pass() {}

/// Look at a card by its token
///
/// Takes 32 hexadecimal digits, or the 64 of a card of the older form.
#[utoipa::path(get, path = "/mpi/verify/{token}", tag = "verify",
    params(
        ("token" = String, Path, description = "The card's token"),
        Wish,
    ),
    responses((status = 200, description = "The verdict",
        content((Report = "application/json"), (String = "text/html"))),
        (status = 429, description = "Too many looks from one address or at one card",
        content((crate::problem::Document = "application/problem+json"), (String = "text/html"))),
        (status = 503, description = "No verdict now",
        content((crate::problem::Document = "application/problem+json"), (String = "text/html")))))]
#[expect(dead_code, reason = "describes a route that the router answers by its way")]
fn token() {}

/// What a QR code of this installation looks like
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct QrConfig {
    /// What the link of a card begins with; null where no host is configured
    #[schema(example = "HTTPS://V.EXAMPLE.ORG/C/")]
    pub link_prefix: Option<String>,
    /// The two forms of text
    pub forms: [TextForm; 2],
    /// Version of the payload
    pub payload_version: u8,
    /// Bytes of the payload
    pub payload_bytes: usize,
    /// Signature algorithm of the payload (COSE)
    pub algorithm: &'static str,
    /// Public key of the root that signs the trust list, 64 hexadecimal digits
    pub root: Option<String>,
    /// Number of the newest trust list; 0 when none was signed yet
    pub trust_list: i64,
    /// The keys that sign cards
    pub issuers: Vec<IssuerKey>,
}

/// A form of text in a QR code
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct TextForm {
    /// `url` or `compact`
    pub form: &'static str,
    /// What stands before the payload
    pub prefix: String,
    /// How the payload is written
    pub encoding: &'static str,
    /// Version of the QR code, at error level M
    pub qr_version: u8,
}

/// A key that signs cards
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct IssuerKey {
    /// Name of the key, 8 hexadecimal digits
    pub kid: String,
    /// Ed25519 public key, 64 hexadecimal digits
    pub public: String,
    /// Prefix of the campaign whose cards it signs; null for a lot, and where the campaign is not to be named
    pub campaign: Option<String>,
    /// First day on which it signs
    #[schema(value_type = String, format = Date)]
    pub not_before: Date,
    /// Last day on which it signs
    #[schema(value_type = String, format = Date)]
    pub not_after: Date,
    /// `active`, `retired` (what it signed stays valid) or `compromised` (what it signed must be looked up)
    pub state: &'static str,
}

/// What a QR code of this installation looks like
///
/// Everything that a program of someone else's needs to read and verify our cards.
#[utoipa::path(get, path = "/mpi/qr-config", tag = "verify", responses((status = 200, body = QrConfig)))]
pub async fn qr_config(State(desk): State<Arc<Desk>>) -> Response<Body> {
    match config(&desk).await {
        Ok(config) => http::with_json_headers(Json(config)),
        Err(error) => http::problem(Trouble::Failed(error)),
    }
}

async fn config(desk: &Desk) -> Result<QrConfig, Problem> {
    let trusted = desk.trusted().await.map_err(Problem::from)?;
    let host = desk.settings.card_host.as_deref().map(Host::new).transpose();
    let host = host.map_err(Problem::internal)?;
    let link_prefix = host.as_ref().map(|host| Form::Url(host.clone()).write(&[]));
    let compact = Form::Compact;
    let forms = [
        TextForm {
            form: "url",
            prefix: link_prefix.clone().unwrap_or_else(|| "HTTPS://…/C/".to_owned()),
            encoding: "base32-nopad (RFC 4648)",
            qr_version: 8,
        },
        TextForm {
            form: "compact",
            prefix: compact.write(&[]),
            encoding: "base45 (RFC 9285)",
            qr_version: compact.qr_version(),
        },
    ];
    let number: Result<i64, DbError> = desk.trust_list_number(&trusted).await;
    Ok(QrConfig {
        link_prefix,
        forms,
        payload_version: 1,
        payload_bytes: payload::LENGTH,
        algorithm: "EdDSA",
        root: trusted.root().map(|root| data_encoding::HEXLOWER.encode(&root.0)),
        trust_list: number?,
        issuers: trusted
            .issuers()
            .into_iter()
            .map(|issuer| line(desk, issuer))
            .collect(),
    })
}

fn line(desk: &Desk, issuer: &Issuer) -> IssuerKey {
    let info = &issuer.info;
    let campaign = match &info.scope {
        Scope::Campaign(prefix) if !desk.faces.is_sensitive(prefix) => Some(prefix.clone()),
        _ => None,
    };
    IssuerKey {
        kid: info.kid.to_string(),
        public: data_encoding::HEXLOWER.encode(&issuer.public.0),
        campaign,
        not_before: info.not_before,
        not_after: info.not_after,
        state: match info.state {
            KeyState::Active => "active",
            KeyState::Retired => "retired",
            KeyState::Compromised => "compromised",
        },
    }
}
