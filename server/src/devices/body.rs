//! Bodies as phones send them: JSON, compressed with zstd where the phone likes.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use teranga_core::wire::MAX_BODY;

use crate::problem::{Kind, Problem};

/// The JSON of a phone's request.
#[derive(Debug)]
pub(super) struct WireJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for WireJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let coding = coding(request.headers())?;
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::new(Kind::TooLarge),
            _ => Problem::new(Kind::Malformed).saying("the body did not arrive whole; send it again"),
        })?;
        let parsed = match coding {
            Coding::Plain => serde_json::from_slice(&body),
            Coding::Zstd => serde_json::from_slice(&decompress(&body)?),
        };
        parsed.map(Self).map_err(|_| {
            // The parser's words would quote what was sent.
            Problem::new(Kind::Malformed).saying("the body is not the JSON that this address takes")
        })
    }
}

enum Coding {
    Plain,
    Zstd,
}

fn coding(headers: &HeaderMap) -> Result<Coding, Problem> {
    match headers
        .get(header::CONTENT_ENCODING)
        .map(|value| value.as_bytes())
    {
        None | Some(b"identity") => Ok(Coding::Plain),
        Some(b"zstd") => Ok(Coding::Zstd),
        Some(_) => {
            Err(Problem::new(Kind::UnsupportedMediaType).saying("compress the body with zstd, or not at all"))
        }
    }
}

fn decompress(body: &[u8]) -> Result<Vec<u8>, Problem> {
    zstd::bulk::decompress(body, MAX_BODY).map_err(|_| {
        Problem::new(Kind::Malformed).saying("the body is not zstd, or is too large when opened")
    })
}
