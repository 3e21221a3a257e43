//! Talking JSON with the server inside a session.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::SyncError;
use super::observe::Cancel;
use super::transport::{Method, Request, Response, Transport};
use crate::wire::code;

/// The longest JSON answer, bytes.
const MOST_JSON: usize = 16 << 20;

/// Bodies shorter than this are not worth compressing.
const WORTH_COMPRESSING: usize = 200;

/// A connection to one server.
pub(crate) struct Client<'a, T> {
    pub transport: &'a T,
    pub server: &'a str,
    pub cancel: &'a Cancel,
    pub token: Option<String>,
}

/// An RFC 9457 problem document, as far as a phone needs it.
#[derive(serde::Deserialize)]
struct Problem {
    code: Option<String>,
    title: Option<String>,
    detail: Option<String>,
}

impl<T: Transport> Client<'_, T> {
    /// Posts JSON and reads the JSON of the answer. Gives the bytes that were sent beside it.
    pub async fn post<Q: Serialize, A: DeserializeOwned>(
        &self,
        path: &str,
        body: &Q,
    ) -> Result<(A, usize), SyncError> {
        let json = serde_json::to_vec(body).map_err(|_| SyncError::NotTheServer)?;
        let body = if json.len() < WORTH_COMPRESSING {
            json
        } else {
            zstd::bulk::compress(&json, 9).unwrap_or(json)
        };
        let sent = body.len();
        let request = Request {
            body: Some(body),
            ..self.request(Method::Post, path)
        };
        let response = self.send(request).await?;
        Ok((read(&response)?, sent))
    }

    /// Gets JSON.
    pub async fn get<A: DeserializeOwned>(&self, path: &str) -> Result<A, SyncError> {
        read(&self.send(self.request(Method::Get, path)).await?)
    }

    /// A request to a path.
    pub fn request(&self, method: Method, path: &str) -> Request {
        Request {
            method,
            url: format!("{}{path}", self.server.trim_end_matches('/')),
            token: self.token.clone(),
            body: None,
            range: None,
            if_none_match: None,
            most: MOST_JSON,
        }
    }

    /// Sends a request; an answer that is no success is an error.
    pub async fn send(&self, request: Request) -> Result<Response, SyncError> {
        self.cancel.check()?;
        let response = self.transport.send(request).await?;
        match response.status {
            200 | 206 | 304 => Ok(response),
            _ => Err(refused(&response)),
        }
    }
}

fn read<A: DeserializeOwned>(response: &Response) -> Result<A, SyncError> {
    if response.status != 200 {
        return Err(SyncError::NotTheServer);
    }
    serde_json::from_slice(&response.body).map_err(|_| SyncError::NotTheServer)
}

fn refused(response: &Response) -> SyncError {
    let problem: Option<Problem> = serde_json::from_slice(&response.body).ok();
    let Some(problem) = problem.filter(|problem| problem.code.is_some() || problem.title.is_some()) else {
        return match response.status {
            429 | 500..=599 => SyncError::Busy,
            _ => SyncError::NotTheServer,
        };
    };
    let word = problem.code.unwrap_or_default();
    match (response.status, word.as_str()) {
        (_, code::UNKNOWN_DEVICE) => SyncError::UnknownDevice,
        // The next run opens another session.
        (_, code::SESSION | code::CHALLENGE) => SyncError::Busy,
        (429 | 500..=599, _) => SyncError::Busy,
        _ => SyncError::Refused {
            why: problem.detail.or(problem.title).unwrap_or_default(),
            code: word,
        },
    }
}
