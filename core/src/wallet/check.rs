//! The server's side: making `s`, and checking a link in constant time.
//!
//! Whoever asks learns one bit. An unknown campaign, a malformed `p` and a wrong `s` take the same work (one HMAC over
//! the given characters) and give the same answer, so that nobody can find out which campaigns or passes exist.

use data_encoding::HEXLOWER;
use subtle::{Choice, ConstantTimeEq as _};

use super::pass::{MAX_PASS, Pass, SignedPass};
use crate::card::token::hmac_sha256;
use crate::sensitive::Secret;

/// The key that authenticates the passes of a campaign. It never leaves the server.
pub type PassKey = Secret<32>;

/// The one answer to everything that is not a good pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this pass is not valid")]
pub struct InvalidPass;

/// `s` for the exact characters of `p`.
pub fn seal(key: &PassKey, p: &str) -> String {
    HEXLOWER.encode(&tag(key, p))
}

/// The pass of a link, when `s` fits `p` under the pass key of the campaign that `p` names.
pub fn check<'k>(
    p: &str,
    s: &str,
    key_of: impl Fn(&str) -> Option<&'k PassKey>,
) -> Result<Pass, InvalidPass> {
    // Longer texts are no passes and are not worth hashing; their length is known to whoever sent them.
    if p.len() > MAX_PASS || s.len() > MAX_PASS {
        return Err(InvalidPass);
    }
    let pass = SignedPass::parse(p).ok();
    let key = pass.as_ref().and_then(|pass| key_of(&pass.unverified().campaign));
    let nobody = PassKey::take(&mut [0; 32]);
    let expected = tag(key.unwrap_or(&nobody), p);
    let given = fixed_tag(s);
    let fits = given.0.ct_eq(&expected) & given.1 & Choice::from(u8::from(key.is_some()));
    match pass {
        Some(pass) if bool::from(fits) => Ok(pass.unverified().clone()),
        _ => Err(InvalidPass),
    }
}

fn tag(key: &PassKey, p: &str) -> [u8; 32] {
    hmac_sha256(key, |mac| mac(p.as_bytes()))
}

/// The bytes of `s`, or zeros and a "no" when it is not 64 hexadecimal digits.
fn fixed_tag(s: &str) -> ([u8; 32], Choice) {
    let bytes = HEXLOWER
        .decode(s.as_bytes())
        .ok()
        .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    (bytes.unwrap_or_default(), Choice::from(u8::from(bytes.is_some())))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::card::key::Purpose;
    use crate::card::signing::SigningKey;
    use crate::card::token::Token;

    fn p(campaign: &str) -> String {
        let key = SigningKey::from_seed(Purpose::Issuer, &Secret::take(&mut [8; 32]));
        let (issued, expires) = (date(2026, 3, 1), date(2027, 3, 1));
        Pass {
            campaign: campaign.into(),
            token: Token([3; 16]),
            issued,
            expires,
        }
        .sign(&key)
        .unwrap()
    }

    fn key(byte: u8) -> PassKey {
        Secret::take(&mut [byte; 32])
    }

    #[test]
    fn a_link_is_good_with_the_key_of_its_campaign() {
        let (polio, zero) = (key(1), key(0));
        let keys = |campaign: &str| (campaign == "POLIO26").then_some(&polio);
        let good = p("POLIO26");
        let s = seal(&polio, &good);
        assert_eq!(check(&good, &s, keys).unwrap().campaign, "POLIO26");
        let unknown = p("MALARIA");
        for (p, s) in [
            (&good[..], seal(&zero, &good)),
            (&good, s.to_uppercase()),
            (&good, s[..63].to_owned()),
            (&good, String::new()),
            (&good[1..], s.clone()),
            (&unknown, seal(&polio, &unknown)),
            // The key that stands in for an unknown one opens nothing.
            (&unknown, seal(&zero, &unknown)),
            ("", seal(&zero, "")),
            ("not a pass", seal(&zero, "not a pass")),
        ] {
            assert_eq!(check(p, &s, keys), Err(InvalidPass), "{p} {s}");
        }
    }

    #[test]
    fn every_flipped_bit_of_s_is_noticed() {
        let polio = key(1);
        let good = p("POLIO26");
        let tag = tag(&polio, &good);
        for bit in 0..256 {
            let mut flipped = tag;
            flipped[bit / 8] ^= 1 << (bit % 8);
            let s = HEXLOWER.encode(&flipped);
            assert_eq!(check(&good, &s, |_| Some(&polio)), Err(InvalidPass));
        }
    }
}
