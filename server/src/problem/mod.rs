//! Errors as the outside sees them: RFC 9457 problem documents, for every error, whoever made it.
//!
//! Two tiers. Inside, an error says what happened and goes to the log. Outside, a [`Problem`] has a [`Kind`] from one
//! exhaustive table (status, code, `type` and title never change), a sentence on what to do next, and for input the JSON
//! pointer of each field. No problem holds what was sent, so none holds anything about a person. The request's id, which
//! the router adds, joins the two.

mod kind;

pub use kind::Kind;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::db::DbError;

/// The media type of RFC 9457.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// An error for the outside.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Which.
    pub kind: Kind,
    detail: Option<String>,
    faults: Vec<Fault>,
    retry_after: Option<u64>,
    cause: Option<String>,
}

/// One field that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Fault {
    /// JSON pointer (RFC 6901) into the body, or `?name` for a parameter of the address.
    #[schema(example = "/birth")]
    pub pointer: String,
    /// What is asked for there.
    pub detail: String,
}

/// A problem document, RFC 9457.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Document {
    /// Stable name of the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "urn:teranga:problem:invalid")]
    pub kind: String,
    /// The kind in words; always the same.
    pub title: &'static str,
    /// HTTP status.
    pub status: u16,
    /// The kind in one word, for programs.
    pub code: &'static str,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The fields at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
    /// Name of the request, for whoever reads the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Problem {
    /// A problem of a kind, with the kind's own words.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            detail: None,
            faults: Vec::new(),
            retry_after: None,
            cause: None,
        }
    }

    /// A fault of this program or of what it stands on. The cause goes to the log only.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::new(Kind::Internal).because(cause)
    }

    /// Input with one field that is not as it should be.
    pub fn field(pointer: &str, detail: impl Into<String>) -> Self {
        let (pointer, detail) = (pointer.to_owned(), detail.into());
        Self::fields(vec![Fault { pointer, detail }])
    }

    /// Input with fields that are not as they should be.
    pub fn fields(faults: Vec<Fault>) -> Self {
        Self {
            faults,
            ..Self::new(Kind::Invalid)
        }
    }

    /// Says what to do next. The text must hold nothing that was sent.
    pub fn saying(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Keeps the cause for the log.
    pub fn because(mut self, cause: impl std::fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// Says after how many seconds the same request may succeed.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds.max(1));
        self
    }

    /// What happened, for the log.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The problem that a bare status stands for.
    pub fn of_status(status: StatusCode) -> Self {
        Self::new(Kind::of_status(status))
    }

    /// The document.
    pub fn document(&self, request_id: Option<&str>) -> Document {
        Document {
            kind: self.kind.uri(),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            code: self.kind.code(),
            detail: self.detail.clone(),
            errors: self.faults.clone(),
            request_id: request_id.map(str::to_owned),
        }
    }

    /// The answer, with the request's id in it.
    pub fn answer(&self, request_id: Option<&str>) -> Response {
        let mut response = (self.kind.status(), Json(self.document(request_id))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.kind.status() == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.answer(None);
        // The router writes it again with the request's id, and its cause to the log.
        response.extensions_mut().insert(self);
        response
    }
}

/// The one table of what a failure of the database means outside.
impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        let kind = match &error {
            DbError::Unavailable(_) | DbError::Busy => Kind::Unavailable,
            DbError::Conflict(_) => Kind::Conflict,
            DbError::Missing(_) => Kind::NotFound,
            DbError::Full => Kind::StorageFull,
            DbError::Corrupt(_) | DbError::Refused(_) | DbError::Internal(_) => Kind::Internal,
        };
        let problem = Self::new(kind).because(&error);
        if error.is_passing() {
            problem.retry_after(1)
        } else {
            problem
        }
    }
}

impl From<sea_orm::DbErr> for Problem {
    fn from(error: sea_orm::DbErr) -> Self {
        DbError::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_says_kind_and_fields_and_keeps_the_cause_to_itself() {
        let problem = Problem::field("/birth", "a date such as 1990-04-01").because("row 7 of people");
        let json = serde_json::to_value(problem.document(Some("0a1b"))).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "type": "urn:teranga:problem:invalid",
                "title": "The request has fields that are not as they should be",
                "status": 422,
                "code": "invalid",
                "errors": [{ "pointer": "/birth", "detail": "a date such as 1990-04-01" }],
                "request_id": "0a1b",
            })
        );
        assert_eq!(problem.cause(), Some("row 7 of people"));
    }

    #[test]
    fn an_answer_says_when_to_come_again_and_how_to_sign_in() {
        let answer = Problem::new(Kind::TooManyRequests).retry_after(7).into_response();
        assert_eq!(answer.headers()[header::RETRY_AFTER], "7");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], MEDIA_TYPE);
        let answer = Problem::new(Kind::Unauthenticated).into_response();
        assert_eq!(answer.headers()[header::WWW_AUTHENTICATE], "Bearer");
    }
}
