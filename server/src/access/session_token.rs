//! Session tokens: JWT (RFC 7519) signed with EdDSA (RFC 8037), and with nothing else.
//!
//! A token's header must be ours byte for byte: there is no choice of algorithm that could be talked into a weaker one.

use data_encoding::BASE64URL_NOPAD;
use teranga_core::card::signing::{PublicKey, SigningKey};

/// Seconds that a session token lives.
pub const LIFE: i64 = 600;

/// What a session token says.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Always `teranga`.
    pub iss: String,
    /// The row of the user.
    pub sub: i64,
    /// The row of the session.
    pub sid: i64,
    /// The version of the user's tokens.
    pub ver: i32,
    /// When it was made, in seconds since 1970.
    pub iat: i64,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
}

/// A token that does not count: forged, cut, of another form, or over. Nobody is told which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a session token that does not count")]
pub struct NotASession;

const ISSUER: &str = "teranga";

impl Claims {
    /// A token's content from now on.
    pub fn new(user: i64, session: i64, version: i32, now_seconds: i64) -> Self {
        Self {
            iss: ISSUER.to_owned(),
            sub: user,
            sid: session,
            ver: version,
            iat: now_seconds,
            exp: now_seconds + LIFE,
        }
    }
}

fn header(kid: impl std::fmt::Display) -> String {
    BASE64URL_NOPAD.encode(format!(r#"{{"alg":"EdDSA","typ":"JWT","kid":"{kid}"}}"#).as_bytes())
}

/// Signs a token.
pub fn sign(key: &SigningKey, claims: &Claims) -> anyhow::Result<String> {
    let payload = BASE64URL_NOPAD.encode(&serde_json::to_vec(claims)?);
    let input = format!("{}.{payload}", header(key.kid()));
    let signature = key.sign_jws(input.as_bytes())?;
    Ok(format!("{input}.{}", BASE64URL_NOPAD.encode(&signature)))
}

/// Reads a token whose signature stands and whose time has not passed.
pub fn open(key: &PublicKey, token: &str, now_seconds: i64) -> Result<Claims, NotASession> {
    let (input, signature) = token.rsplit_once('.').ok_or(NotASession)?;
    let payload = input
        .strip_prefix(&header(key.kid()))
        .and_then(|rest| rest.strip_prefix('.'))
        .ok_or(NotASession)?;
    let decode = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| NotASession);
    let signature: [u8; 64] = decode(signature)?.try_into().map_err(|_| NotASession)?;
    key.verify_jws(input.as_bytes(), &signature)
        .map_err(|_| NotASession)?;
    let claims: Claims = serde_json::from_slice(&decode(payload)?).map_err(|_| NotASession)?;
    if claims.iss == ISSUER && now_seconds < claims.exp {
        Ok(claims)
    } else {
        Err(NotASession)
    }
}

#[cfg(test)]
mod tests {
    use teranga_core::card::key::Purpose;
    use teranga_core::ids::OsRandom;

    use super::*;

    fn key() -> SigningKey {
        SigningKey::generate(Purpose::Session, &mut OsRandom).unwrap()
    }

    #[test]
    fn a_token_counts_until_its_time_has_passed() {
        let key = key();
        let claims = Claims::new(7, 3, 1, 1_000);
        let token = sign(&key, &claims).unwrap();
        assert_eq!(open(&key.public(), &token, 1_000 + LIFE - 1), Ok(claims));
        assert_eq!(open(&key.public(), &token, 1_000 + LIFE), Err(NotASession));
        assert_eq!(token.matches('.').count(), 2);
    }

    #[test]
    fn no_other_key_algorithm_or_content_passes() {
        let key = key();
        let token = sign(&key, &Claims::new(7, 3, 1, 1_000)).unwrap();
        let refused = |token: &str| open(&key.public(), token, 1_000) == Err(NotASession);
        let other = sign(&self::key(), &Claims::new(7, 3, 1, 1_000)).unwrap();
        assert!(refused(&other), "signed by another key");
        let parts: Vec<&str> = token.split('.').collect();
        for header in [
            r#"{"alg":"none"}"#.to_owned(),
            r#"{"alg":"HS256","typ":"JWT"}"#.to_owned(),
            format!(r#"{{"alg":"EdDSA", "typ":"JWT","kid":"{}"}}"#, key.kid()),
        ] {
            let header = BASE64URL_NOPAD.encode(header.as_bytes());
            assert!(refused(&format!("{header}.{}.{}", parts[1], parts[2])));
            assert!(refused(&format!("{header}.{}.", parts[1])));
        }
        let more = BASE64URL_NOPAD.encode(&serde_json::to_vec(&Claims::new(8, 3, 1, 1_000)).unwrap());
        assert!(refused(&format!("{}.{more}.{}", parts[0], parts[2])));
        for broken in [
            "",
            ".",
            "..",
            &token[1..],
            &token[..token.len() - 1],
            &format!("{token}."),
            &format!("{token}="),
        ] {
            assert!(refused(broken), "{broken}");
        }
    }

    #[test]
    fn every_single_change_of_a_character_is_noticed() {
        let key = key();
        let token = sign(&key, &Claims::new(7, 3, 1, 1_000)).unwrap();
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(open(&key.public(), &changed, 1_000), Err(NotASession), "at {at}");
        }
    }
}
