//! The real network: HTTPS by reqwest, with certificates checked by rustls (ring).
//!
//! Certificates must lead to a root of the web or to one that the organization named, and where pins are given the
//! server's own certificate must be one of the pinned: a network that breaks TLS open is refused before anything is sent.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header;
use reqwest::redirect::Policy;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use sha2::{Digest as _, Sha256};

use super::transport::{Method, Request, Response, Transport, TransportError};

/// How the network is reached.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// SHA-256 of the certificates that the server may show; empty: any that leads to a trusted root.
    pub pins: Vec<[u8; 32]>,
    /// Root certificates besides those of the web, as PEM.
    pub roots: Option<String>,
    /// `http://`, `https://` address of a proxy; none: the network is reached directly.
    pub proxy: Option<String>,
}

/// Until a connection stands.
const CONNECT: Duration = Duration::from_secs(20);

/// Until the next bytes come: a slow link is not a broken one.
const SILENCE: Duration = Duration::from_secs(45);

/// Requests over HTTPS.
pub struct Http(reqwest::Client);

impl std::fmt::Debug for Http {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Http")
    }
}

impl Http {
    /// A network.
    pub fn new(network: &Network) -> Result<Self, TransportError> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(network)?)
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            // A redirect would carry the token to another server.
            .redirect(Policy::none())
            .user_agent(concat!("teranga-phone/", env!("CARGO_PKG_VERSION")));
        if let Some(proxy) = &network.proxy {
            let proxy = reqwest::Proxy::all(proxy).map_err(|_| TransportError::Address(proxy.clone()))?;
            builder = builder.proxy(proxy);
        }
        let client = builder.build();
        client
            .map(Self)
            .map_err(|_| TransportError::Address("of the network".to_owned()))
    }
}

fn tls(network: &Network) -> Result<ClientConfig, TransportError> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    if let Some(pem) = &network.roots {
        let bad = || TransportError::Address("of the root certificate".to_owned());
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let certificate = certificate.map_err(|_| bad())?;
            roots.add(certificate).map_err(|_| bad())?;
        }
    }
    let provider = Arc::new(ring::default_provider());
    let bad = || TransportError::Certificate;
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|_| bad())?;
    if network.pins.is_empty() {
        return Ok(builder.with_root_certificates(roots).with_no_client_auth());
    }
    let web = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|_| bad())?;
    let pinned = Pinned {
        web,
        pins: network.pins.clone(),
    };
    Ok(builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(pinned))
        .with_no_client_auth())
}

/// Everything that the web's verifier demands, and a pin besides.
#[derive(Debug)]
struct Pinned {
    web: Arc<WebPkiServerVerifier>,
    pins: Vec<[u8; 32]>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified =
            self.web
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)?;
        let shown = <[u8; 32]>::from(Sha256::digest(end_entity));
        if self.pins.contains(&shown) {
            Ok(verified)
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.web.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.web.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.web.supported_verify_schemes()
    }
}

impl Transport for Http {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let most = request.most;
        let mut response = self.build(request).send().await.map_err(|error| fault(&error))?;
        let status = response.status().as_u16();
        let etag = response.headers().get(header::ETAG);
        let etag = etag.and_then(|etag| etag.to_str().ok()).map(str::to_owned);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| fault(&error))? {
            if body.len() + chunk.len() > most {
                return Err(TransportError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, body, etag })
    }
}

impl Http {
    fn build(&self, request: Request) -> reqwest::RequestBuilder {
        let mut builder = match request.method {
            Method::Get => self.0.get(&request.url),
            Method::Post => self.0.post(&request.url),
        };
        if let Some(token) = &request.token {
            builder = builder.bearer_auth(token);
        }
        if let Some((first, last)) = request.range {
            builder = builder.header(header::RANGE, format!("bytes={first}-{last}"));
        }
        if let Some(etag) = &request.if_none_match {
            builder = builder.header(header::IF_NONE_MATCH, etag);
        }
        if let Some(body) = request.body {
            // zstd begins with these four bytes, and JSON never does.
            if body.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
                builder = builder.header(header::CONTENT_ENCODING, "zstd");
            }
            builder = builder
                .header(header::CONTENT_TYPE, "application/json")
                .body(body);
        }
        builder
    }
}

/// What went wrong, without the address, which can hold what is asked for.
fn fault(error: &reqwest::Error) -> TransportError {
    if is_certificate(error) {
        TransportError::Certificate
    } else if error.is_connect() {
        TransportError::Offline
    } else if error.is_builder() {
        TransportError::Address("of the server".to_owned())
    } else {
        TransportError::Broken
    }
}

/// Whether a certificate is the cause, however deep. An `io::Error` hides what it wraps from `source`, so it is opened.
fn is_certificate(error: &(dyn std::error::Error + 'static)) -> bool {
    if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
        return true;
    }
    let io = error.downcast_ref::<std::io::Error>();
    let wrapped = io.and_then(std::io::Error::get_ref);
    wrapped.is_some_and(|inner| is_certificate(inner)) || error.source().is_some_and(is_certificate)
}
