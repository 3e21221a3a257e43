//! One request, one answer, over whatever carries them.

use std::future::Future;

/// How a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Sends a body.
    Post,
}

/// A request to the server.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// How.
    pub method: Method,
    /// The server's address and the path.
    pub url: String,
    /// The session's token.
    pub token: Option<String>,
    /// JSON, compressed with zstd.
    pub body: Option<Vec<u8>>,
    /// First and last byte that are wanted.
    pub range: Option<(u64, u64)>,
    /// The `ETag` that is here already.
    pub if_none_match: Option<String>,
    /// The most bytes that are read of the answer.
    pub most: usize,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Request({:?} {})", self.method, self.url)
    }
}

/// The server's answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// HTTP's status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// The `ETag`.
    pub etag: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No way to the server.
    #[error("there is no connection to the server; nothing is lost, it goes on when there is one")]
    Offline,
    /// It took too long.
    #[error("the connection is too slow or broke off; it goes on from here next time")]
    Broken,
    /// Not the server that is meant.
    #[error(
        "the server's certificate is not the one that is expected; use another network, and tell the administrator \
         if it persists"
    )]
    Certificate,
    /// More bytes than were asked for.
    #[error(
        "the answer is longer than it can be; use another network, and tell the administrator if it persists"
    )]
    TooLong,
    /// The address or the proxy is of no use.
    #[error("the address {0} cannot be used; check it and the proxy")]
    Address(String),
}

/// Something that carries requests.
pub trait Transport: Send + Sync {
    /// Sends a request and waits for the whole answer.
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, TransportError>> + Send;
}

/// No network at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoNetwork;

impl Transport for NoNetwork {
    async fn send(&self, _: Request) -> Result<Response, TransportError> {
        Err(TransportError::Offline)
    }
}

impl<T: Transport> Transport for &T {
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, TransportError>> + Send {
        (**self).send(request)
    }
}

impl<T: Transport> Transport for std::sync::Arc<T> {
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, TransportError>> + Send {
        (**self).send(request)
    }
}
