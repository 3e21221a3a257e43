//! The pass itself: what it says, and how it is written into `p` and read back.

use data_encoding::BASE64URL_NOPAD;
use jiff::civil::Date;

use crate::card::cbor::{CborError, Keys, Reader, Writer};
use crate::card::key::{Context, Kid};
use crate::card::signing::{PublicKey, SignatureBytes, SignatureError, SigningKey};
use crate::card::token::Token;
use crate::clock;

/// Longest `p` that is looked at, characters.
pub const MAX_PASS: usize = 512;

const VERSION: u64 = 1;
const MAX_CAMPAIGN: usize = 64;

/// What a pass says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    /// The prefix of its campaign.
    pub campaign: String,
    /// The token of the card that it stands for: revoking the card revokes the pass.
    pub token: Token,
    /// The day on which it was issued.
    pub issued: Date,
    /// The first day on which it is no longer valid.
    pub expires: Date,
}

/// Why a text is no pass. For phones and portals; the server says [`InvalidPass`](super::InvalidPass) to everything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PassError {
    /// Not base64url, or too long.
    #[error("this is not a pass")]
    NotAPass,
    /// Not the expected content.
    #[error("this is not a pass: {0}")]
    Malformed(#[from] CborError),
    /// A field that is not there, out of place or out of range.
    #[error("this is not a pass: a field is not valid")]
    Invalid,
    /// Written in a later form.
    #[error("the pass is of version {0}, newer than this program; update the program")]
    FutureVersion(u64),
    /// The key cannot sign passes.
    #[error(transparent)]
    Key(#[from] SignatureError),
}

/// A well-formed pass whose signature nobody has checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedPass {
    kid: Kid,
    pass: Pass,
    body: Vec<u8>,
    signature: SignatureBytes,
}

impl Pass {
    /// Signs the pass with the issuer key of its campaign and writes `p`.
    pub fn sign(&self, key: &SigningKey) -> Result<String, PassError> {
        if self.campaign.len() > MAX_CAMPAIGN || self.expires <= self.issued {
            return Err(PassError::Invalid);
        }
        let body = Writer::new()
            .map(6)
            .unsigned(1)
            .unsigned(VERSION)
            .unsigned(2)
            .bytes(&key.kid().0)
            .unsigned(3)
            .text(&self.campaign)
            .unsigned(4)
            .bytes(&self.token.0)
            .unsigned(5)
            .integer(clock::day_number(self.issued))
            .unsigned(6)
            .integer(clock::day_number(self.expires))
            .finish();
        let signature = key.sign(Context::Pass, &body)?;
        Ok(BASE64URL_NOPAD.encode(&Writer::new().array(2).bytes(&body).bytes(&signature).finish()))
    }
}

impl SignedPass {
    /// Reads `p`. The signature is not checked here.
    pub fn parse(p: &str) -> Result<Self, PassError> {
        if p.len() > MAX_PASS {
            return Err(PassError::NotAPass);
        }
        let bytes = BASE64URL_NOPAD
            .decode(p.as_bytes())
            .map_err(|_| PassError::NotAPass)?;
        let mut reader = Reader::new(&bytes);
        reader.array_of(2)?;
        let body = reader.bytes(MAX_PASS)?;
        let signature = reader.fixed()?;
        reader.end()?;
        let (kid, pass) = read_body(body)?;
        Ok(Self {
            kid,
            pass,
            body: body.to_vec(),
            signature,
        })
    }

    /// The name of the key that is said to have signed it.
    pub fn kid(&self) -> Kid {
        self.kid
    }

    /// What it says, believed by nobody.
    pub fn unverified(&self) -> &Pass {
        &self.pass
    }

    /// The pass, once the signature fits the key.
    pub fn verify(&self, key: &PublicKey) -> Result<&Pass, SignatureError> {
        key.verify(Context::Pass, &self.body, &self.signature)?;
        Ok(&self.pass)
    }
}

fn read_body(body: &[u8]) -> Result<(Kid, Pass), PassError> {
    let mut reader = Reader::new(body);
    let mut keys = reader.map(6)?;
    field(&mut keys, &mut reader, 1)?;
    match reader.unsigned()? {
        VERSION => {}
        version => return Err(PassError::FutureVersion(version)),
    }
    field(&mut keys, &mut reader, 2)?;
    let kid = Kid(reader.fixed()?);
    field(&mut keys, &mut reader, 3)?;
    let campaign = reader.text(MAX_CAMPAIGN)?.to_owned();
    field(&mut keys, &mut reader, 4)?;
    let token = Token(reader.fixed()?);
    field(&mut keys, &mut reader, 5)?;
    let issued = clock::date_of_day(reader.integer()?).ok_or(PassError::Invalid)?;
    field(&mut keys, &mut reader, 6)?;
    let expires = clock::date_of_day(reader.integer()?).ok_or(PassError::Invalid)?;
    reader.end()?;
    if expires > issued {
        Ok((
            kid,
            Pass {
                campaign,
                token,
                issued,
                expires,
            },
        ))
    } else {
        Err(PassError::Invalid)
    }
}

fn field<'a>(keys: &mut Keys<'a>, reader: &mut Reader<'a>, number: i64) -> Result<(), PassError> {
    if keys.next_integer(reader)? == Some(number) {
        Ok(())
    } else {
        Err(PassError::Invalid)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::card::key::Purpose;
    use crate::sensitive::Secret;

    fn key() -> SigningKey {
        SigningKey::from_seed(Purpose::Issuer, &Secret::take(&mut [8; 32]))
    }

    fn pass() -> Pass {
        Pass {
            campaign: "POLIO26".into(),
            token: Token([3; 16]),
            issued: date(2026, 3, 1),
            expires: date(2027, 3, 1),
        }
    }

    #[test]
    fn a_pass_reads_back_under_its_own_key_only() {
        let p = pass().sign(&key()).unwrap();
        let signed = SignedPass::parse(&p).unwrap();
        assert_eq!((signed.kid(), signed.unverified()), (key().kid(), &pass()));
        assert_eq!(signed.verify(&key().public()), Ok(&pass()));
        let other = SigningKey::from_seed(Purpose::Issuer, &Secret::take(&mut [9; 32]));
        assert_eq!(signed.verify(&other.public()), Err(SignatureError::BadSignature));
    }

    #[test]
    fn only_an_issuer_key_signs_and_a_pass_is_valid_for_a_day_at_least() {
        let publisher = SigningKey::from_seed(Purpose::Publisher, &Secret::take(&mut [8; 32]));
        assert!(matches!(pass().sign(&publisher), Err(PassError::Key(_))));
        let never = Pass {
            expires: pass().issued,
            ..pass()
        };
        assert_eq!(never.sign(&key()), Err(PassError::Invalid));
    }

    #[test]
    fn any_changed_character_is_an_error_or_a_bad_signature() {
        let p = pass().sign(&key()).unwrap();
        for at in 0..p.len() {
            for other in ["A", "z", "-", "="] {
                let mut changed = p.clone();
                changed.replace_range(at..=at, other);
                let believed = SignedPass::parse(&changed)
                    .is_ok_and(|pass| pass.kid() == key().kid() && pass.verify(&key().public()).is_ok());
                assert_eq!(believed, changed == p, "character {at}");
            }
            assert!(SignedPass::parse(&p[..at]).is_err());
        }
    }

    #[test]
    fn a_later_version_asks_for_an_update() {
        let p = pass().sign(&key()).unwrap();
        let mut bytes = BASE64URL_NOPAD.decode(p.as_bytes()).unwrap();
        let version = bytes
            .windows(3)
            .position(|window| window == [0xa6, 1, 1])
            .unwrap()
            + 2;
        bytes[version] = 2;
        assert_eq!(
            SignedPass::parse(&BASE64URL_NOPAD.encode(&bytes)),
            Err(PassError::FutureVersion(2))
        );
    }

    proptest! {
        #[test]
        fn any_text_ends_in_a_result(text in "[A-Za-z0-9_-]{0,300}", other in ".{0,40}") {
            let _ = SignedPass::parse(&text);
            prop_assert!(SignedPass::parse(&other).is_err());
        }
    }
}
