//! Real payloads: each frame's card is signed with an issuer key and has a token of its own, in one of both forms.

use jiff::civil::date;
use teranga_core::card::key::Purpose;
use teranga_core::card::payload::{Claims, SignedCard};
use teranga_core::card::signing::SigningKey;
use teranga_core::card::text::{Form, Host};
use teranga_core::card::token::Token;
use teranga_core::sensitive::Secret;
use teranga_render::qr::Code;

use crate::register::Rng;

/// Hosts as programmes might choose them, from short to the longest that fits.
const HOSTS: [&str; 4] = [
    "V.SN",
    "V.EXAMPLE.ORG",
    "CARDS.SANTE.EXAMPLE",
    "VERIFY.HEALTH.PROGRAMME.EXAMPLE",
];

/// The same, as a phone knows them that serves all of these programmes.
pub fn hosts() -> Vec<Host> {
    HOSTS.iter().filter_map(|host| Host::new(host).ok()).collect()
}

/// The key that signs every card of every corpus.
pub fn issuer() -> SigningKey {
    SigningKey::from_seed(Purpose::Issuer, &Secret::take(&mut [26; 32]))
}

/// A signed card's text and its code, of version 7-M or 8-M.
pub fn card(rng: &mut Rng) -> (String, Code) {
    let mut token = [0; 16];
    token.iter_mut().for_each(|byte| *byte = rng.next() as u8);
    let issued = date(2026, 1 + rng.below(12) as i8, 1 + rng.below(28) as i8);
    let claims = Claims {
        token: Token(token),
        issued,
        expires: date(2028, 1 + rng.below(12) as i8, 1),
    };
    let form = match Host::new(HOSTS[rng.below(4) as usize]) {
        Ok(host) if rng.chance(50) => Form::Url(host),
        _ => Form::Compact,
    };
    match SignedCard::issue(&issuer(), &claims) {
        Ok(payload) => {
            let text = form.write(&payload);
            match Code::alphanumeric(&text, form.qr_version()) {
                Ok(code) => (text, code),
                Err(error) => unreachable!("every card fits its version: {error}"),
            }
        }
        Err(error) => unreachable!("an issuer key signs a card between two dates: {error}"),
    }
}
