//! From what somebody asks to a verdict: the text of a card's link, a wallet pass, or a token.
//!
//! Whoever asks for something that we do not know learns nothing from how long it takes. Unknown, malformed and endless
//! input does the same work as a card of ours: one signature or one HMAC a key, one hash, one look-up, all of them on a
//! decoy that was made when the server started. What can be told apart is only what the asker knows anyway.

use jiff::civil::Date;
use teranga_core::card::key::Purpose;
use teranga_core::card::legacy::LegacyToken;
use teranga_core::card::payload::{Claims, SignedCard};
use teranga_core::card::signing::{PublicKey, SigningKey};
use teranga_core::card::text::{self, CardText};
use teranga_core::card::token::{Token, TokenHash};
use teranga_core::ids::OsRandom;
use teranga_core::sensitive::Secret;
use teranga_core::wallet::{self, Pass};

use super::answer::{Answer, Outcome};
use super::desk::Desk;
use super::trust::{Issuer, Trusted};
use crate::card::{Day, Standing};
use crate::db::DbError;

/// What somebody asks about.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'a> {
    /// What follows `/c/` in a card's link.
    Card(&'a str),
    /// `p` and `s` of a wallet pass.
    Pass(&'a str, &'a str),
    /// A card's token, hexadecimal digits.
    Token(&'a str),
}

/// A card of nobody, signed by a key of nobody: what is worked on when there is nothing to work on.
pub struct Decoy {
    card: SignedCard,
    key: PublicKey,
    token: Token,
}

impl Decoy {
    /// A decoy, another one in each process.
    pub fn make() -> anyhow::Result<Self> {
        let key = SigningKey::generate(Purpose::Issuer, &mut OsRandom)?;
        let token = Token(*Secret::<16>::generate(&mut OsRandom)?.reveal());
        let (issued, expires) = (Date::constant(2026, 1, 1), Date::constant(2028, 1, 1));
        let claims = Claims {
            token,
            issued,
            expires,
        };
        Ok(Self {
            card: SignedCard::parse(&SignedCard::issue(&key, &claims)?)?,
            key: key.public(),
            token,
        })
    }
}

/// What a text proves by itself.
enum Proof<'a> {
    /// Nothing: the look-up decides.
    None,
    /// A key of ours is named, and did not sign it.
    Forged,
    /// Signed by a key of ours.
    Signed(&'a Issuer, Claims),
    /// Sealed by the pass key of a campaign.
    Sealed(Pass),
}

impl Desk {
    /// The verdict. The error says that there is none now.
    pub async fn judge(&self, asked: Asked<'_>, today: Date) -> Result<Answer, DbError> {
        let trusted = self.trusted().await?;
        let (proof, hash) = match asked {
            Asked::Card(payload) => self.card(&trusted, payload),
            Asked::Pass(p, s) => self.pass(&trusted, p, s),
            Asked::Token(digits) => (Proof::None, self.token(digits)),
        };
        let standing = self.standing(&hash).await?;
        match (proof, standing) {
            (Proof::Forged, _) => Ok(Answer::bare(Outcome::Forged)),
            (_, Some(standing)) => self.kept(standing, today).await,
            (Proof::Signed(issuer, claims), None) => Ok(self.signed(issuer, &claims, today)),
            (Proof::Sealed(pass), None) => Ok(Answer {
                campaign: Some(self.faces.of_prefix(&pass.campaign)),
                issued: Some(pass.issued),
                expires: Some(pass.expires),
                ..Answer::bare(in_time(pass.expires, today))
            }),
            (Proof::None, None) => Ok(Answer::bare(Outcome::Unknown)),
        }
    }

    /// One signature, whatever the text.
    fn card<'t>(&self, trusted: &'t Trusted, payload: &str) -> (Proof<'t>, TokenHash) {
        let parsed = match text::parse(&format!("HTTPS://A/C/{payload}")) {
            Ok(CardText::Signed(card)) => Some(card),
            _ => None,
        };
        let named = parsed.and_then(|card| Some((trusted.find(card.kid())?, card)));
        let (card, key) = named
            .as_ref()
            .map_or((&self.decoy.card, self.decoy.key), |(issuer, card)| {
                (card, issuer.public)
            });
        let verified = card.verify(&key);
        self.work.signature();
        let hash = card.unverified_claims().token.hash();
        self.work.hash();
        let proof = match (&named, verified) {
            (None, _) => Proof::None,
            (Some((issuer, _)), Ok(claims)) if issuer.info.purpose == Purpose::Issuer => {
                Proof::Signed(issuer, claims)
            }
            (Some(_), _) => Proof::Forged,
        };
        (proof, hash)
    }

    /// As many HMACs as the campaign with the most pass keys has, whatever the link.
    fn pass<'t>(&self, trusted: &'t Trusted, p: &str, s: &str) -> (Proof<'t>, TokenHash) {
        let mut good = None;
        for number in 0..trusted.most_passes() {
            let checked = wallet::check(p, s, |campaign| trusted.pass_key(campaign, number));
            self.work.signature();
            good = good.or(checked.ok());
        }
        let hash = good.as_ref().map_or(self.decoy.token, |pass| pass.token).hash();
        self.work.hash();
        (good.map_or(Proof::None, Proof::Sealed), hash)
    }

    /// The handle of a token of either form.
    fn token(&self, digits: &str) -> TokenHash {
        self.work.hash();
        match digits.len() {
            32 => Token::from_hex(digits).map(|token| token.hash()),
            64 => LegacyToken::from_hex(digits).map(|token| token.hash()),
            _ => None,
        }
        .unwrap_or_else(|| self.decoy.token.hash())
    }

    /// A card that the server keeps: its row knows best.
    async fn kept(&self, standing: Standing, today: Date) -> Result<Answer, DbError> {
        let date = |day: Option<Day>| day.and_then(Day::date);
        let expires = date(standing.expires());
        let outcome = match (standing.revoked(), expires) {
            (Some(_), _) => Outcome::Revoked,
            (None, Some(expires)) => in_time(expires, today),
            (None, None) => Outcome::Valid,
        };
        Ok(Answer {
            outcome,
            campaign: self.face(standing.campaign).await?,
            issued: standing.issued.date(),
            expires,
            revoked: date(standing.revoked()),
        })
    }

    /// A genuine card without a row, made apart from this server: its signature speaks for it, as on a phone.
    fn signed(&self, issuer: &Issuer, claims: &Claims, today: Date) -> Answer {
        if !issuer.vouches_on(claims.issued) {
            return Answer::bare(Outcome::Unknown);
        }
        let campaign = issuer.campaign();
        let outcome = match (in_time(claims.expires, today), campaign) {
            (Outcome::Valid, None) => Outcome::Blank,
            (outcome, _) => outcome,
        };
        Answer {
            campaign: campaign.map(|prefix| self.faces.of_prefix(prefix)),
            issued: Some(claims.issued),
            expires: Some(claims.expires),
            ..Answer::bare(outcome)
        }
    }
}

fn in_time(expires: Date, today: Date) -> Outcome {
    if today < expires {
        Outcome::Valid
    } else {
        Outcome::Expired
    }
}
