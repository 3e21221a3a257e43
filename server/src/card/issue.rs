//! Cards that are signed, one or many: a token nobody can undo, what it claims, and the code printed beside it.
//!
//! [`Issuer`] holds the keys of one campaign or lot, so that a batch opens them once.

use data_encoding::HEXLOWER;
use jiff::civil::Date;
use teranga_core::card::code::CardCode;
use teranga_core::card::key::{Kid, Purpose};
use teranga_core::card::payload::{Claims, SignedCard};
use teranga_core::card::signing::SigningKey;
use teranga_core::card::text::Form;
use teranga_core::card::token::{CardNonce, Token};
use teranga_core::card::trust::Scope;
use teranga_core::ids::OsRandom;
use teranga_core::person::MpiId;
use teranga_core::sensitive::Secret;

use crate::keys::keyring::Keyring;

/// What signs the cards of one campaign, or of one lot of blank cards.
pub struct Issuer {
    scope: Scope,
    key: SigningKey,
    token_key: Secret<32>,
    form: Form,
    issued: Date,
    expires: Date,
}

/// A card that was made: what is printed, and what its record must keep.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Issued {
    /// Text of the QR code.
    pub text: String,
    /// QR version, at error level M.
    pub qr_version: u8,
    /// The code that is printed beside it.
    pub card_code: String,
    /// Handle of the card in lists and stores.
    pub token_hash: String,
    /// Keep it with the record: the server recomputes the token from it. None for a blank card.
    pub nonce: Option<String>,
    /// Name of the key that signed it.
    pub kid: Kid,
    /// Prefix of its campaign; none for a blank card.
    pub campaign: Option<String>,
    /// Day of issue.
    pub issued: Date,
    /// First day on which it is no longer valid.
    pub expires: Date,
}

impl Issuer {
    /// Takes the keys of a campaign or lot. Fails, and says what to make, where one is missing or out of its period.
    pub fn new(
        keyring: &Keyring,
        scope: Scope,
        form: Form,
        [issued, expires]: [Date; 2],
    ) -> anyhow::Result<Self> {
        Ok(Self {
            key: keyring.issuer(&scope, issued)?,
            token_key: keyring.secret(Purpose::Token, &scope)?,
            scope,
            form,
            issued,
            expires,
        })
    }

    /// The campaign's prefix, or the lot's number.
    pub fn name(&self) -> &str {
        match &self.scope {
            Scope::Campaign(name) | Scope::Lot(name) => name,
            Scope::Organisation => "",
        }
    }

    /// A card of the campaign for one holder, whose id is not on it.
    pub fn card(&self, id: &MpiId) -> anyhow::Result<Issued> {
        let nonce = CardNonce::generate(&mut OsRandom)?;
        let token = Token::of_card(&self.token_key, id, self.name(), &nonce);
        self.sign(token, Some(HEXLOWER.encode(&nonce.0)))
    }

    /// A blank card of the lot.
    pub fn blank(&self, serial: &str) -> anyhow::Result<Issued> {
        self.sign(Token::of_blank(&self.token_key, self.name(), serial), None)
    }

    fn sign(&self, token: Token, nonce: Option<String>) -> anyhow::Result<Issued> {
        let claims = Claims {
            token,
            issued: self.issued,
            expires: self.expires,
        };
        let payload = SignedCard::issue(&self.key, &claims)?;
        Ok(Issued {
            text: self.form.write(&payload),
            qr_version: self.form.qr_version(),
            card_code: CardCode::generate(&mut OsRandom)?.to_string(),
            token_hash: HEXLOWER.encode(&token.hash()),
            nonce,
            kid: self.key.kid(),
            campaign: match &self.scope {
                Scope::Campaign(prefix) => Some(prefix.clone()),
                Scope::Lot(_) | Scope::Organisation => None,
            },
            issued: self.issued,
            expires: self.expires,
        })
    }
}
