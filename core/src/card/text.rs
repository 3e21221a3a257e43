//! The text of a card's QR code: the payload in one of two forms, chosen per campaign.
//!
//! - **URL** (the default): `HTTPS://V.EXAMPLE.ORG/C/` and Base32 without padding (RFC 4648 §6). Any phone's camera opens
//!   the online check. QR version 8-M, 49×49 modules, for hosts of up to 32 characters.
//! - **compact**: `TRG1:` and Base45 (RFC 9285). QR version 7-M, 45×45 modules, for small prints.
//!
//! Both keep to QR's alphanumeric characters. One parser reads both, and the two other texts that a scanner may meet:
//! a token of the older form, and a card of a later version, which deserves a better answer than "not a card".
//! Hosts are not compared: what makes a card genuine is its signature, not where its link leads.

use data_encoding::BASE32_NOPAD;

use super::legacy::LegacyToken;
use super::payload::{self, PayloadError, SignedCard};

/// Longest host of the URL form, so that every card fits QR version 8-M.
pub const MAX_HOST: usize = 32;

/// Longest text that is looked at.
pub const MAX_TEXT: usize = 1024;

const URL_SCHEME: &str = "HTTPS://";
const URL_FOLDER: &str = "/C/";
const COMPACT_PREFIX: &str = "TRG1:";

/// The form of a campaign's QR texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// A link that any camera opens.
    Url(Host),
    /// The shortest text.
    Compact,
}

/// The host of a verification site, checked and in capitals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host(String);

/// A host that cannot stand on a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a card's host is a name of at most {MAX_HOST} letters, digits, dots and hyphens, such as v.example.org"
)]
pub struct BadHost;

impl Host {
    /// Checks a host name; an optional port may follow it.
    pub fn new(name: &str) -> Result<Self, BadHost> {
        let (host, port) = name.split_once(':').unwrap_or((name, "443"));
        let label = |label: &str| {
            let inner = label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            inner && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
        };
        let good = name.len() <= MAX_HOST && host.split('.').all(label) && port.parse::<u16>().is_ok();
        if good {
            Ok(Self(name.to_ascii_uppercase()))
        } else {
            Err(BadHost)
        }
    }

    /// The host in capitals.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Form {
    /// The QR version, at error level M, that holds every card of this form.
    pub fn qr_version(&self) -> u8 {
        match self {
            Self::Url(_) => 8,
            Self::Compact => 7,
        }
    }

    /// The text of a payload of [`payload::LENGTH`] bytes.
    pub fn write(&self, payload: &[u8]) -> String {
        match self {
            Self::Url(host) => {
                format!(
                    "{URL_SCHEME}{}{URL_FOLDER}{}",
                    host.as_str(),
                    BASE32_NOPAD.encode(payload)
                )
            }
            Self::Compact => format!("{COMPACT_PREFIX}{}", base45::encode(payload)),
        }
    }
}

/// What a scanned text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardText {
    /// A card, not verified yet.
    Signed(SignedCard),
    /// A token of the older form.
    Legacy(LegacyToken),
}

/// Why a text is no card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing of ours: another link, another code, a slip of paper.
    #[error("this is not a Teranga card")]
    NotACard,
    /// A card of a later form.
    #[error("this card is of a later kind (version {0}); update the program to read it")]
    FutureVersion(u32),
    /// Ours by its beginning, with damaged characters or length.
    #[error("the card's code is damaged; scan it again, or type the card code")]
    Damaged,
    /// Ours by its beginning, but not holding a card.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

/// Reads the text of a QR code. Case is forgiven, and line ends around the text.
pub fn parse(text: &str) -> Result<CardText, TextError> {
    if text.len() > MAX_TEXT {
        return Err(TextError::NotACard);
    }
    // A space at the end belongs to Base45; only line ends are a scanner's addition.
    let text = text
        .trim_start()
        .trim_end_matches(['\r', '\n'])
        .to_ascii_uppercase();
    let payload = match split_compact(&text)? {
        Some(encoded) => base45::decode(encoded).map_err(|_| TextError::Damaged)?,
        None => match split_url(&text) {
            Some(encoded) => BASE32_NOPAD
                .decode(encoded.as_bytes())
                .map_err(|_| TextError::Damaged)?,
            None => {
                return LegacyToken::from_hex(&text)
                    .map(CardText::Legacy)
                    .ok_or(TextError::NotACard);
            }
        },
    };
    Ok(CardText::Signed(SignedCard::parse(&payload)?))
}

/// What follows `TRG1:`; an error for the prefix of a later version.
fn split_compact(text: &str) -> Result<Option<&str>, TextError> {
    let Some((version, encoded)) = text.strip_prefix("TRG").and_then(|rest| rest.split_once(':')) else {
        return Ok(None);
    };
    match version.parse() {
        Ok(1) if version.len() == 1 => Ok(Some(encoded)),
        Ok(later @ 2..=999) if !version.starts_with(['0', '+']) => Err(TextError::FutureVersion(later)),
        _ => Err(TextError::NotACard),
    }
}

/// What follows `HTTPS://any.host/C/`, if it could be a payload at all.
fn split_url(text: &str) -> Option<&str> {
    let (host, path) = text.strip_prefix(URL_SCHEME)?.split_once('/')?;
    let encoded = path.strip_prefix(&URL_FOLDER[1..])?;
    // Other sites have links of this shape; ours are never shorter than a payload.
    (!host.is_empty() && encoded.len() >= payload::LENGTH).then_some(encoded)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::super::key::Purpose;
    use super::super::payload::Claims;
    use super::super::signing::SigningKey;
    use super::super::token::Token;
    use super::*;
    use crate::sensitive::Secret;

    fn payload() -> Vec<u8> {
        let key = SigningKey::from_seed(Purpose::Issuer, &Secret::take(&mut [5; 32]));
        let claims = Claims {
            token: Token([0xcd; 16]),
            issued: date(2026, 3, 1),
            expires: date(2028, 3, 1),
        };
        SignedCard::issue(&key, &claims).unwrap()
    }

    fn forms() -> [Form; 2] {
        [
            Form::Url(Host::new(&"v".repeat(MAX_HOST)).unwrap()),
            Form::Compact,
        ]
    }

    /// Alphanumeric capacities of ISO/IEC 18004 table 7: 7-M holds 178 characters, 8-M holds 221.
    #[test]
    fn every_card_fits_its_version() {
        let [url, compact] = forms().map(|form| (form.qr_version(), form.write(&payload()).len()));
        assert_eq!(url, (8, 221));
        assert_eq!(compact, (7, 172));
    }

    #[test]
    fn both_forms_read_back_in_any_case_and_from_any_host() {
        let card = CardText::Signed(SignedCard::parse(&payload()).unwrap());
        for form in forms() {
            let text = form.write(&payload());
            assert!(
                text.bytes()
                    .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase() || b" $%*+-./:".contains(&b))
            );
            assert_eq!(parse(&text), Ok(card.clone()));
            assert_eq!(parse(&format!(" {}\r\n", text.to_lowercase())), Ok(card.clone()));
        }
        let elsewhere = forms()[0]
            .write(&payload())
            .replace(&"V".repeat(32), "cards.other.example:8443");
        assert_eq!(parse(&elsewhere), Ok(card));
    }

    #[test]
    fn the_older_form_is_recognized() {
        let digits = "0123456789abcdef".repeat(4);
        assert_eq!(
            parse(&digits),
            Ok(CardText::Legacy(LegacyToken::from_hex(&digits).unwrap()))
        );
    }

    #[test]
    fn what_is_no_card_is_told_from_a_damaged_or_later_one() {
        let compact = Form::Compact.write(&payload());
        let url = forms()[0].write(&payload());
        for (text, error) in [
            ("", TextError::NotACard),
            ("https://example.org/", TextError::NotACard),
            ("https://example.org/c/article-12", TextError::NotACard),
            ("WIFI:S:ward;T:WPA;P:secret;;", TextError::NotACard),
            ("TRG:ABC", TextError::NotACard),
            ("TRG+2:ABC", TextError::NotACard),
            (&"A".repeat(MAX_TEXT + 1), TextError::NotACard),
            ("TRG2:ABC", TextError::FutureVersion(2)),
            ("TRG1:A", TextError::Damaged),
            ("TRG1::::", TextError::Damaged),
            (&compact.replace("TRG1:", "TRG1:_"), TextError::Damaged),
            (
                &compact[..compact.len() - 3],
                PayloadError::Malformed(super::super::cbor::CborError::Truncated).into(),
            ),
            (&url[..url.len() - 1], TextError::Damaged),
            (&format!("{url}1"), TextError::Damaged),
        ] {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn hosts_are_checked() {
        assert_eq!(Host::new("v.example.org").unwrap().as_str(), "V.EXAMPLE.ORG");
        assert!(Host::new("localhost:8443").is_ok());
        let long = "a".repeat(MAX_HOST + 1);
        for bad in [
            "",
            "v..org",
            "-v.org",
            "v.org/x",
            "v.org:http",
            "vé.org",
            "a b",
            &long,
        ] {
            assert_eq!(Host::new(bad), Err(BadHost), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_ends_in_a_result(text in ".{0,80}", tail in "[A-Z2-7]{100,200}") {
            let _ = parse(&text);
            let _ = parse(&format!("TRG1:{text}"));
            let link = format!("HTTPS://A.B/C/{tail}");
            prop_assert!(parse(&link).is_err());
        }
    }
}
