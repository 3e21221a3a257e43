//! The one place that sends to a DHIS2 server. It can send GET and nothing else: the client inside is nobody else's.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue, RETRY_AFTER};
use reqwest::{Response, StatusCode, redirect};
use teranga_core::sensitive::Sensitive;
use tokio::sync::Mutex;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::ClientError;
use super::address::{Base, NoneAdmitted, Resolver};

/// How an account signs in.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A username and its password.
    Basic {
        /// The username.
        username: String,
        /// The password.
        password: Sensitive<String>,
    },
    /// A personal access token (from 2.37), which should be one that may GET only.
    Token(Sensitive<String>),
}

impl Credentials {
    fn header(&self) -> Result<HeaderValue, ClientError> {
        let text = Zeroizing::new(match self {
            Self::Basic { username, password } => {
                let pair = Zeroizing::new(format!("{username}:{}", password.reveal()));
                format!("Basic {}", data_encoding::BASE64.encode(pair.as_bytes()))
            }
            Self::Token(token) => format!("ApiToken {}", token.reveal()),
        });
        let mut value = HeaderValue::from_str(&text).map_err(|_| ClientError::Token)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// How patient and how gentle a client is.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Longest time of an answer.
    pub timeout: Duration,
    /// Most bytes of an answer.
    pub most_bytes: usize,
    /// How often a question is asked that met a passing fault.
    pub tries: u32,
    /// How long it waits before it asks again; twice as long each time.
    pub wait: Duration,
    /// Shortest time between two questions.
    pub pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(120),
            most_bytes: 64 << 20,
            tries: 4,
            wait: Duration::from_secs(1),
            pause: Duration::from_millis(50),
        }
    }
}

/// Longest wait that a server may ask for.
const LONGEST_WAIT: u64 = 60;

/// Sends GET.
pub(super) struct Getter {
    http: reqwest::Client,
    base: Base,
    authorization: HeaderValue,
    credentials_are_token: bool,
    limits: Limits,
    last: Mutex<Option<Instant>>,
}

impl Getter {
    pub(super) fn new(base: Base, credentials: Credentials, limits: Limits) -> Result<Self, ClientError> {
        // Whoever comes second finds a provider there, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .dns_resolver(Resolver(base.policy()))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(limits.timeout.min(Duration::from_secs(20)))
            .timeout(limits.timeout)
            .user_agent(concat!("teranga/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| ClientError::Unreachable)?;
        Ok(Self {
            http,
            base,
            authorization: credentials.header()?,
            credentials_are_token: matches!(credentials, Credentials::Token(_)),
            limits,
            last: Mutex::new(None),
        })
    }

    /// The body of an answer of 200. Passing faults are tried again.
    pub(super) async fn get(
        &self,
        path: &str,
        parameters: &[(&str, String)],
    ) -> Result<Vec<u8>, ClientError> {
        let mut wait = self.limits.wait;
        let mut tries = 1;
        loop {
            match self.once(path, parameters).await {
                Err(error) if error.is_passing() && tries < self.limits.tries => {
                    let asked = match error {
                        ClientError::Busy(Some(seconds)) => Duration::from_secs(seconds.min(LONGEST_WAIT)),
                        _ => Duration::ZERO,
                    };
                    tokio::time::sleep(wait.max(asked)).await;
                    wait *= 2;
                    tries += 1;
                }
                done => return done,
            }
        }
    }

    async fn once(&self, path: &str, parameters: &[(&str, String)]) -> Result<Vec<u8>, ClientError> {
        self.keep_pause().await;
        let url = self.base.with(path, parameters)?;
        let request = self
            .http
            .get(url)
            .header(AUTHORIZATION, self.authorization.clone())
            .header(ACCEPT, HeaderValue::from_static("application/json"));
        let response = request.send().await.map_err(|error| fault(&error))?;
        self.judge(&response)?;
        self.body(response).await
    }

    async fn keep_pause(&self) {
        let mut last = self.last.lock().await;
        if let Some(last) = *last {
            tokio::time::sleep_until(last + self.limits.pause).await;
        }
        *last = Some(Instant::now());
    }

    fn judge(&self, response: &Response) -> Result<(), ClientError> {
        let status = response.status();
        let sign_in = if self.credentials_are_token {
            ClientError::Token
        } else {
            ClientError::SignIn
        };
        let is_json = response
            .headers()
            .get(reqwest::header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
        match status {
            StatusCode::OK if is_json => Ok(()),
            StatusCode::OK => Err(ClientError::NotDhis2),
            StatusCode::UNAUTHORIZED => Err(sign_in),
            // A token that is not even well formed.
            StatusCode::BAD_REQUEST
                if self.credentials_are_token && response.headers().contains_key("www-authenticate") =>
            {
                Err(sign_in)
            }
            StatusCode::TOO_MANY_REQUESTS => Err(ClientError::Busy(seconds(response))),
            StatusCode::FORBIDDEN => Err(ClientError::NoRight(status.as_u16())),
            StatusCode::NOT_FOUND => Err(ClientError::NotDhis2),
            _ if status.is_redirection() => Err(where_to(response, sign_in)),
            _ if status.is_server_error() => Err(ClientError::Failed(status.as_u16())),
            _ => Err(ClientError::Refused(status.as_u16())),
        }
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, ClientError> {
        let most = self.limits.most_bytes;
        let said = response.content_length().unwrap_or(0);
        if usize::try_from(said).unwrap_or(usize::MAX) > most {
            return Err(ClientError::TooLarge);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| fault(&error))? {
            if body.len() + chunk.len() > most {
                return Err(ClientError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// A login page says that the credentials do not count; anything else is another address.
fn where_to(response: &Response, sign_in: ClientError) -> ClientError {
    let place = response.headers().get(reqwest::header::LOCATION);
    let place = place.and_then(|value| value.to_str().ok()).unwrap_or_default();
    if place.contains("login") {
        sign_in
    } else {
        ClientError::Redirected
    }
}

fn seconds(response: &Response) -> Option<u64> {
    response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()
}

/// A fault of the way there. The error's own text has the address in it and is not kept.
fn fault(error: &reqwest::Error) -> ClientError {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(one) = cause {
        if one.is::<NoneAdmitted>() {
            return ClientError::Private;
        }
        cause = one.source();
    }
    if error.is_timeout() {
        ClientError::Slow
    } else if error.is_connect() {
        ClientError::Unreachable
    } else if error.is_body() || error.is_decode() {
        ClientError::Torn
    } else {
        ClientError::Unreachable
    }
}
