//! The offline verdict on a pass, by the same table as a card's.

use super::pass::SignedPass;
use crate::card::key::Purpose;
use crate::card::signing::PublicKey;
use crate::card::text::TextError;
use crate::card::trust::{KeyState, Scope};
use crate::verify::{CheckOnline, Finding, ForeignOrStale, GenuineCard, Knowledge, Post, Verdict, judge};

/// The verdict on `p`. Its `s` is for the server alone and is not looked at.
pub fn scan(p: &str, post: &Post<'_>) -> Verdict {
    let finding = match SignedPass::parse(p) {
        Ok(signed) => found(&signed, post),
        Err(_) => Finding::NotACard(TextError::Damaged),
    };
    Verdict {
        finding,
        knowledge: Knowledge::at(&post.clock, post.statuses.freshness()),
    }
}

fn found(signed: &SignedPass, post: &Post<'_>) -> Finding {
    let kid = signed.kid();
    let Some(entry) = post.trust.find(kid) else {
        return Finding::Unknown(ForeignOrStale::Key(kid));
    };
    if entry.purpose != Purpose::Issuer {
        return Finding::Forged(kid);
    }
    let Ok(pass) = signed.verify(&PublicKey(entry.public)) else {
        return Finding::Forged(kid);
    };
    // A campaign's key speaks for that campaign only, whatever the pass says.
    if entry.scope != Scope::Campaign(pass.campaign.clone()) {
        return Finding::Forged(kid);
    }
    if entry.state == KeyState::Compromised {
        return Finding::CheckOnline(CheckOnline::CompromisedKey(kid));
    }
    if !entry.covers(pass.issued) {
        return Finding::CheckOnline(CheckOnline::OutsideKeyPeriod(kid));
    }
    let status = post.statuses.status(&pass.token.hash(), pass.issued, kid);
    let (issued, expires) = (pass.issued, pass.expires);
    judge(
        GenuineCard {
            campaign: Some(pass.campaign.clone()),
            lot: None,
            issued,
            expires,
        },
        status,
        post,
    )
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};

    use super::super::pass::Pass;
    use super::*;
    use crate::card::key::Kid;
    use crate::card::signing::SigningKey;
    use crate::card::token::{Token, TokenHash};
    use crate::card::trust::{TrustEntry, TrustList};
    use crate::registry::{Freshness, Status, Statuses};
    use crate::sensitive::Secret;
    use crate::verify::ClockFloor;

    struct Revoked(TokenHash);
    impl Statuses for Revoked {
        fn status(&self, token: &TokenHash, _issued: Date, _kid: Kid) -> Status {
            if *token == self.0 {
                Status::Revoked { by: date(2026, 5, 1) }
            } else {
                Status::Good
            }
        }
        fn freshness(&self) -> Option<Freshness> {
            None
        }
    }

    fn key(purpose: Purpose, seed: u8) -> SigningKey {
        SigningKey::from_seed(purpose, &Secret::take(&mut [seed; 32]))
    }

    fn pass(campaign: &str, token: u8) -> Pass {
        let (issued, expires) = (date(2026, 3, 1), date(2027, 3, 1));
        Pass {
            campaign: campaign.into(),
            token: Token([token; 16]),
            issued,
            expires,
        }
    }

    fn verdict(p: &str) -> Finding {
        let issuer = key(Purpose::Issuer, 1);
        let mut trust = TrustList::new(1, date(2026, 1, 1), "moh", key(Purpose::Root, 2).public());
        trust
            .add(TrustEntry {
                kid: issuer.kid(),
                purpose: Purpose::Issuer,
                public: issuer.public().0,
                scope: Scope::Campaign("POLIO26".into()),
                not_before: date(2026, 1, 1),
                not_after: date(2026, 12, 31),
                state: KeyState::Active,
            })
            .unwrap();
        let clock = ClockFloor {
            device: "2026-06-01T00:00:00Z".parse().unwrap(),
            trusted: None,
        };
        let statuses = Revoked(Token([9; 16]).hash());
        let post = Post {
            trust: &trust,
            statuses: &statuses,
            ids: None,
            holders: None,
            campaign: Some("POLIO26"),
            clock,
        };
        scan(p, &post).finding
    }

    #[test]
    fn a_pass_is_judged_like_its_card() {
        let sign = |pass: Pass| pass.sign(&key(Purpose::Issuer, 1)).unwrap();
        assert!(matches!(verdict(&sign(pass("POLIO26", 1))), Finding::Valid(_)));
        assert!(
            matches!(verdict(&sign(pass("POLIO26", 9))), Finding::Revoked { .. }),
            "revoked with its card"
        );
        let old = Pass {
            expires: date(2026, 5, 1),
            ..pass("POLIO26", 1)
        };
        assert!(matches!(verdict(&sign(old)), Finding::Expired(_)));
    }

    #[test]
    fn a_key_speaks_for_its_own_campaign_only() {
        let foreign = pass("MALARIA", 1).sign(&key(Purpose::Issuer, 1)).unwrap();
        assert!(matches!(verdict(&foreign), Finding::Forged(_)));
        let stranger = pass("POLIO26", 1).sign(&key(Purpose::Issuer, 3)).unwrap();
        assert!(matches!(verdict(&stranger), Finding::Unknown(_)));
        assert!(matches!(verdict("garbage"), Finding::NotACard(_)));
    }
}
