//! HTTPS as phones speak it, against servers of a few lines: what is sent, what is refused, what each failure is called.

use std::io::{Read as _, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};
use teranga_core::sync::{Http, Method, Network, Request, Response, Transport as _, TransportError};

const ROOT: &str = include_str!("certificates/root.pem");
const CERTIFICATE: &[u8] = include_bytes!("certificates/server.pem");
const KEY: &[u8] = include_bytes!("certificates/server.key.pem");

/// A server of one answer; gives the request that came.
struct Once {
    port: u16,
    heard: JoinHandle<String>,
}

/// Reads a request to the end of its head, and of its body where it says how long that is.
fn hear(stream: &mut impl std::io::Read) -> String {
    let (mut heard, mut byte) = (Vec::new(), [0]);
    while !heard.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => heard.push(byte[0]),
            _ => break,
        }
    }
    let head = String::from_utf8_lossy(&heard).to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
    stream.read_exact(&mut body).unwrap();
    head
}

fn plain(answer: &'static [u8]) -> Once {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let heard = hear(&mut stream);
        stream.write_all(answer).unwrap();
        heard
    });
    Once { port, heard }
}

fn encrypted(answer: &'static [u8]) -> Once {
    let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = std::thread::spawn(move || {
        let (socket, _): (TcpStream, _) = listener.accept().unwrap();
        let connection = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = rustls::StreamOwned::new(connection, socket);
        let mut first = [0];
        // A client that does not trust the certificate says nothing.
        if stream.read(&mut first).unwrap_or(0) == 0 {
            return String::new();
        }
        let heard = hear(&mut stream);
        stream.write_all(answer).unwrap();
        stream.conn.send_close_notify();
        let _ = stream.flush();
        heard
    });
    Once { port, heard }
}

fn get(url: String) -> Request {
    Request {
        method: Method::Get,
        url,
        token: Some("the-token".to_owned()),
        body: None,
        range: Some((10, 19)),
        if_none_match: Some("\"1\"".to_owned()),
        most: 100,
    }
}

fn send(network: &Network, request: Request) -> Result<Response, TransportError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async { Http::new(network).unwrap().send(request).await })
}

fn ask(once: &Once) -> Result<Response, TransportError> {
    send(
        &Network::default(),
        get(format!("http://127.0.0.1:{}/x", once.port)),
    )
}

#[test]
fn a_request_carries_its_token_range_and_tag_and_a_compressed_body_says_so() {
    let once = plain(b"HTTP/1.1 206 Partial Content\r\ncontent-length: 3\r\netag: \"7\"\r\n\r\nabc");
    let response = ask(&once).unwrap();
    assert_eq!(
        (response.status, &response.body[..], response.etag.as_deref()),
        (206, &b"abc"[..], Some("\"7\""))
    );
    let heard = once.heard.join().unwrap();
    for line in [
        "authorization: bearer the-token",
        "range: bytes=10-19",
        "if-none-match: \"1\"",
        "user-agent: teranga-phone/",
    ] {
        assert!(heard.contains(line), "{line}: {heard}");
    }
    let once = plain(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let request = Request {
        method: Method::Post,
        body: Some(zstd::bulk::compress(b"{}", 3).unwrap()),
        ..get(format!("http://127.0.0.1:{}/x", once.port))
    };
    send(&Network::default(), request).unwrap();
    let heard = once.heard.join().unwrap();
    assert!(
        heard.starts_with("post /x") && heard.contains("content-encoding: zstd"),
        "{heard}"
    );
}

#[test]
fn each_failure_of_the_network_is_called_by_its_name() {
    let cut = plain(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nabc");
    assert_eq!(ask(&cut), Err(TransportError::Broken));
    let long = plain(b"HTTP/1.1 200 OK\r\ncontent-length: 101\r\n\r\n\
        0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789x");
    assert_eq!(ask(&long), Err(TransportError::TooLong));
    let elsewhere =
        plain(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(ask(&elsewhere).unwrap().status, 302, "a redirect is not followed");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let nobody = send(&Network::default(), get(format!("http://127.0.0.1:{port}/x")));
    assert_eq!(nobody, Err(TransportError::Offline));
}

#[test]
fn a_server_is_believed_by_its_root_and_where_there_are_pins_by_its_own_certificate_alone() {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).unwrap();
    let pin = <[u8; 32]>::from(Sha256::digest(&certificate));
    let network = |roots: bool, pins: &[[u8; 32]]| Network {
        pins: pins.to_vec(),
        roots: roots.then(|| ROOT.to_owned()),
        proxy: None,
    };
    for (network, expected) in [
        (network(true, &[]), Ok(200)),
        (network(true, &[[9; 32], pin]), Ok(200)),
        (network(true, &[[9; 32]]), Err(TransportError::Certificate)),
        (network(false, &[pin]), Err(TransportError::Certificate)),
        (network(false, &[]), Err(TransportError::Certificate)),
    ] {
        let once = encrypted(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        let answer = send(&network, get(format!("https://localhost:{}/x", once.port)));
        assert_eq!(answer.map(|response| response.status), expected);
        once.heard.join().unwrap();
    }
}

#[test]
fn a_proxy_is_asked_in_the_servers_place_and_a_bad_setting_is_said() {
    let proxy = plain(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    let network = Network {
        proxy: Some(format!("http://127.0.0.1:{}", proxy.port)),
        ..Network::default()
    };
    assert_eq!(
        send(&network, get("http://server.test/x".to_owned()))
            .unwrap()
            .status,
        200
    );
    assert!(
        proxy
            .heard
            .join()
            .unwrap()
            .starts_with("get http://server.test/x")
    );
    let bad = Network {
        roots: Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned()),
        ..Network::default()
    };
    assert!(matches!(Http::new(&bad), Err(TransportError::Address(_))));
}
