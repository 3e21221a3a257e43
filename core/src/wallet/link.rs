//! The link around a pass, as a QR code or a message carries it.

use crate::card::text::Host;

/// Longest link that is looked at, characters.
pub const MAX_LINK: usize = 1024;

/// The two parts of a pass's link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassLink<'a> {
    /// The pass.
    pub p: &'a str,
    /// The server's seal.
    pub s: &'a str,
}

impl<'a> PassLink<'a> {
    /// The link on a host.
    pub fn write(&self, host: &Host) -> String {
        format!(
            "https://{}/verify?p={}&s={}",
            host.as_str().to_ascii_lowercase(),
            self.p,
            self.s
        )
    }

    /// Takes a link of any host apart; none when it is not of this shape.
    pub fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let scheme = text
            .get(..8)
            .filter(|scheme| scheme.eq_ignore_ascii_case("https://"))?;
        let (host, rest) = text[scheme.len()..].split_once('/')?;
        let query = rest
            .strip_prefix("verify?")
            .filter(|_| !host.is_empty() && text.len() <= MAX_LINK)?;
        let (p, s) = query.strip_prefix("p=")?.split_once("&s=")?;
        Some(Self { p, s })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_reads_back() {
        let link = PassLink {
            p: "abc-_",
            s: "00ff",
        };
        let text = link.write(&Host::new("v.example.org").unwrap());
        assert_eq!(text, "https://v.example.org/verify?p=abc-_&s=00ff");
        assert_eq!(PassLink::parse(&text), Some(link));
    }

    #[test]
    fn other_texts_are_no_link() {
        let long = format!("https://a/verify?p={}&s=1", "x".repeat(MAX_LINK));
        for text in [
            "",
            "https://",
            "https:///verify?p=1&s=2",
            "http://a/verify?p=1&s=2",
            "https://a/verify?p=1",
            &long,
        ] {
            assert_eq!(PassLink::parse(text), None, "{text}");
        }
    }
}
