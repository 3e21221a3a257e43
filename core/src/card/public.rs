//! The name and the public half of any key, from its 32 secret bytes.

use super::key::{Algorithm, Kid, Purpose};
use super::signing::SigningKey;
use super::token::hmac_sha256;
use crate::sensitive::Secret;

/// A key's name and, unless it is an HMAC key, its public half.
///
/// The name of an HMAC key comes from `HMAC(key, "teranga/kid/v1")`: 4 bytes of it say nothing about the key.
pub fn public_half(purpose: Purpose, secret: &Secret<32>) -> (Kid, Option<[u8; 32]>) {
    let public = match purpose.algorithm() {
        Algorithm::Ed25519 => SigningKey::from_seed(purpose, secret).public().0,
        Algorithm::X25519 => {
            let private = x25519_dalek::StaticSecret::from(*secret.reveal());
            x25519_dalek::PublicKey::from(&private).to_bytes()
        }
        Algorithm::HmacSha256 => return (Kid::of(&hmac_sha256(secret, |mac| mac(b"teranga/kid/v1"))), None),
    };
    (Kid::of(&public), Some(public))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_key_has_a_name_and_its_own_public_half() {
        let secret = Secret::take(&mut [7; 32]);
        let (issuer, public) = public_half(Purpose::Issuer, &secret);
        assert_eq!(
            public,
            Some(SigningKey::from_seed(Purpose::Issuer, &secret).public().0)
        );
        let (sync, agreement) = public_half(Purpose::Sync, &secret);
        let (token, none) = public_half(Purpose::Token, &secret);
        assert!(agreement.is_some() && agreement != public && none.is_none());
        assert!(issuer != sync && sync != token);
    }
}
