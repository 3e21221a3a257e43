//! Which servers may be asked: public ones over TLS, and those of one's own network where an administrator says so.
//!
//! Whoever may name a server could otherwise have this one ask around in the network behind its firewall. So a name is
//! judged by the addresses that it resolves to, at the moment of connecting.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::ClientError;

/// Which addresses may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// Public addresses over TLS.
    #[default]
    Public,
    /// Those of private networks and this machine too, and plain HTTP.
    OwnNetwork,
}

impl Policy {
    /// Whether an address may be connected to. Link-local ones never are: clouds hand out credentials there.
    pub fn admits(self, address: IpAddr) -> bool {
        match plain(address) {
            IpAddr::V4(v4) => match self {
                Self::OwnNetwork => !v4.is_link_local() && !v4.is_unspecified() && !v4.is_multicast(),
                Self::Public => is_public_v4(v4),
            },
            IpAddr::V6(v6) => match self {
                Self::OwnNetwork => !v6.is_unicast_link_local() && !v6.is_unspecified() && !v6.is_multicast(),
                Self::Public => is_public_v6(v6),
            },
        }
    }
}

/// An address of version 6 that stands for one of version 4 is judged as that.
fn plain(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    let parts = v6.segments();
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match parts {
        // NAT64 (RFC 6052) and 6to4 (RFC 3056).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        _ => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
    }
}

/// What the IANA registries of special addresses do not keep for something else.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || a == 100 && (64..128).contains(&b)
        || a == 192 && b == 0 && c == 0
        || a == 198 && (18..20).contains(&b);
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let first = address.segments()[0];
    let is_documentation = address.segments()[..2] == [0x2001, 0xdb8];
    // 2000::/3 is what is given out.
    (0x2000..0x4000).contains(&first) && !is_documentation
}

/// The address of a server: scheme, host, port and the path that it lies under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    url: Url,
    policy: Policy,
}

impl Base {
    /// Reads an address such as `https://dhis2.example/dev`.
    ///
    /// # Errors
    /// [`ClientError::Address`] says what is wanted instead.
    pub fn parse(text: &str, policy: Policy) -> Result<Self, ClientError> {
        let text = text.trim().trim_end_matches('/').trim_end_matches("/api");
        let wanted = "an address such as https://dhis2.example or https://example.org/dhis2";
        let mut url = Url::parse(text).map_err(|_| ClientError::Address(wanted))?;
        let is_plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if !is_plain || !matches!(url.scheme(), "http" | "https") {
            return Err(ClientError::Address(wanted));
        }
        if url.scheme() == "http" && policy == Policy::Public {
            return Err(ClientError::Address(
                "https: over http the password could be read on the way; an administrator can allow it for a server of \
                 one's own network",
            ));
        }
        let literal = match url.host() {
            Some(url::Host::Ipv4(v4)) => Some(IpAddr::V4(v4)),
            Some(url::Host::Ipv6(v6)) => Some(IpAddr::V6(v6)),
            Some(url::Host::Domain(_)) => None,
            None => return Err(ClientError::Address(wanted)),
        };
        if literal.is_some_and(|address| !policy.admits(address)) {
            return Err(ClientError::Private);
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(Self { url, policy })
    }

    /// The address, as it is shown and kept.
    pub fn as_str(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// Which addresses it may lie at.
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// The address of a path with parameters.
    pub(super) fn with(&self, path: &str, parameters: &[(&str, String)]) -> Result<Url, ClientError> {
        let mut url = self
            .url
            .join(path)
            .map_err(|_| ClientError::Address("an address of a DHIS2 server"))?;
        if !parameters.is_empty() {
            let mut query = url.query_pairs_mut();
            for (name, value) in parameters {
                query.append_pair(name, value);
            }
        }
        Ok(url)
    }
}

/// A resolver that keeps to a policy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resolver(pub(super) Policy);

/// A name of which no address may be asked.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the name leads to addresses that may not be asked")]
pub(super) struct NoneAdmitted;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let admitted: Vec<SocketAddr> = found.filter(|one| policy.admits(one.ip())).collect();
            if admitted.is_empty() {
                return Err(NoneAdmitted.into());
            }
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_asked_unless_the_network_is_ones_own() {
        let private = [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "172.16.5.5",
            "100.64.0.1",
            "198.18.0.1",
            "::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
        ];
        let never = [
            "169.254.169.254",
            "fe80::1",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "::ffff:169.254.169.254",
        ];
        for text in private {
            let address: IpAddr = text.parse().unwrap();
            assert!(!Policy::Public.admits(address), "{text}");
            assert!(Policy::OwnNetwork.admits(address), "{text}");
        }
        for text in never {
            let address: IpAddr = text.parse().unwrap();
            assert!(
                !Policy::Public.admits(address) && !Policy::OwnNetwork.admits(address),
                "{text}"
            );
        }
        for text in ["41.82.1.1", "2a00:1450::1", "8.8.8.8"] {
            assert!(Policy::Public.admits(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn an_address_is_taken_with_its_path_and_nothing_else() {
        let base = |text| Base::parse(text, Policy::Public);
        assert_eq!(
            base("https://dhis2.example/dev/api/").unwrap().as_str(),
            "https://dhis2.example/dev"
        );
        for text in [
            "dhis2.example",
            "ftp://dhis2.example",
            "file:///etc/passwd",
            "https://a:b@dhis2.example",
            "https://dhis2.example/?x=1",
            "https://dhis2.example/#x",
            "http://dhis2.example",
            "",
            "https://",
            "https://127.0.0.1",
            "https://2130706433/",
            "https://[::1]/",
        ] {
            assert!(base(text).is_err(), "{text}");
        }
        assert!(Base::parse("http://127.0.0.1:8080", Policy::OwnNetwork).is_ok());
    }

    #[tokio::test]
    async fn a_name_is_judged_by_where_it_leads() {
        let name = || "localhost".parse::<Name>().unwrap();
        assert!(Resolver(Policy::Public).resolve(name()).await.is_err());
        assert!(Resolver(Policy::OwnNetwork).resolve(name()).await.is_ok());
    }
}
