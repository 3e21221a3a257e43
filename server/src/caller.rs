//! Who is at the other end of a request: its address, and the name that the request gets.

use std::net::IpAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use ipnet::IpNet;
use teranga_core::ids::{self, OsRandom};

use crate::problem::Problem;

/// The address of whoever sent a request. It is personal: it goes into the audit's private half, never into a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller(pub IpAddr);

/// The address by which a visitor is counted: of IPv6 the network of 64 bits, which is what one household or one phone
/// gets; within it anyone may choose a new address for each request.
pub fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        address => address,
    }
}

/// The connection's other end, as the listener saw it.
pub type Visitor = ConnectInfo<std::net::SocketAddr>;

/// The name of a request, 32 hexadecimal digits.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

impl RequestId {
    /// A new name.
    pub fn draw() -> Result<Self, Problem> {
        let bytes: [u8; 16] = ids::bytes(&mut OsRandom).map_err(Problem::internal)?;
        Ok(Self(data_encoding::HEXLOWER.encode(&bytes)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Self>().copied();
        caller.ok_or_else(|| Problem::internal("a request without an address"))
    }
}

/// The address that counts: the connection's, unless that is a proxy of ours; then the last one in `X-Forwarded-For` that
/// is not. What a stranger writes into that header is to the left of it and never read.
pub fn caller(peer: IpAddr, headers: &HeaderMap, proxies: &[IpNet]) -> Caller {
    let ours = |address: &IpAddr| proxies.iter().any(|network| network.contains(address));
    let mut last = peer.to_canonical();
    let forwarded: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    for text in forwarded.into_iter().rev() {
        if !ours(&last) {
            break;
        }
        match text.trim().parse::<IpAddr>() {
            Ok(address) => last = address.to_canonical(),
            Err(_) => break,
        }
    }
    Caller(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &'static str, proxies: &[&str]) -> String {
        let headers =
            HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), forwarded.parse().unwrap())]);
        let proxies: Vec<IpNet> = proxies.iter().map(|network| network.parse().unwrap()).collect();
        caller(peer.parse().unwrap(), &headers, &proxies).0.to_string()
    }

    #[test]
    fn addresses_of_one_network_of_ipv6_are_one_visitor() {
        let of = |text: &str| counted(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("2001:db8:1:2:ffff::1"), of("2001:db8:1:2::9"));
        assert_ne!(of("2001:db8:1:3::1"), of("2001:db8:1:2::1"));
        assert_eq!(of("203.0.113.9"), "203.0.113.9");
        assert_eq!(of("::ffff:203.0.113.9"), "203.0.113.9");
    }

    #[test]
    fn forwarded_addresses_are_believed_from_our_proxies_only() {
        assert_eq!(seen("203.0.113.9", "198.51.100.1", &[]), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", "198.51.100.1", &["10.0.0.0/8"]), "198.51.100.1");
        assert_eq!(
            seen("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", &["10.0.0.0/8"]),
            "198.51.100.1"
        );
        assert_eq!(
            seen("::ffff:10.0.0.1", "198.51.100.1", &["10.0.0.0/8"]),
            "198.51.100.1"
        );
        assert_eq!(
            seen("10.0.0.1", "198.51.100.1, nonsense", &["10.0.0.0/8"]),
            "10.0.0.1"
        );
    }
}
