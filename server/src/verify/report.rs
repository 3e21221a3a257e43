//! A verdict as a sentence, as JSON, and as an exit status. What no verdict says is who holds the card.

use serde_json::{Value, json};
use teranga_core::verify::{CheckOnline, Finding, ForeignOrStale, GenuineCard, Knowledge, Verdict};

/// The exit status of a finding, as `teranga verify --help` lists them.
pub fn status(finding: &Finding) -> u8 {
    match finding {
        Finding::Valid(_) | Finding::ValidNewerThanList(_) => 0,
        Finding::NotACard(_) => 10,
        Finding::Unknown(_) => 11,
        Finding::Forged(_) => 12,
        Finding::CheckOnline(_) => 13,
        Finding::Revoked { .. } => 14,
        Finding::Expired(_) => 15,
        Finding::WrongCampaign(_) => 16,
        Finding::Blank(_) => 17,
    }
}

/// The exit status of a slip in a typed number.
pub const SLIP: u8 = 18;

/// The verdict in words: the finding, then what it is based on.
pub fn words(verdict: &Verdict) -> String {
    format!(
        "{}\n{}",
        finding_in_words(&verdict.finding),
        knowledge_in_words(&verdict.knowledge)
    )
}

fn finding_in_words(finding: &Finding) -> String {
    match finding {
        Finding::NotACard(error) => format!("NOT A CARD: {error}"),
        Finding::Unknown(ForeignOrStale::Key(kid)) => {
            format!("UNKNOWN: signed with key {kid}, which is not known here; fetch the newest bundle")
        }
        Finding::Unknown(ForeignOrStale::Number) => {
            "UNKNOWN: this number is not in the bundle's list; scan the card, or fetch the newest bundle"
                .to_owned()
        }
        Finding::Forged(kid) => format!("FORGED: it names key {kid}, which did not sign it"),
        Finding::CheckOnline(why) => format!("CHECK ONLINE: {}", why_online(*why)),
        Finding::Revoked { by, card } => format!("REVOKED on {by} or before: {}", card_in_words(card)),
        Finding::Expired(card) => format!("EXPIRED: {}", card_in_words(card)),
        Finding::WrongCampaign(card) => format!("WRONG CAMPAIGN: {}", card_in_words(card)),
        Finding::Blank(card) => format!("BLANK, no holder known here: {}", card_in_words(card)),
        Finding::ValidNewerThanList(card) => {
            format!("VALID, newer than the status list: {}", card_in_words(card))
        }
        Finding::Valid(card) => format!("VALID: {}", card_in_words(card)),
    }
}

fn why_online(why: CheckOnline) -> String {
    match why {
        CheckOnline::CompromisedKey(kid) => format!("key {kid} that signed it may be in other hands"),
        CheckOnline::OutsideKeyPeriod(kid) => format!("key {kid} was not in use on its day of issue"),
        CheckOnline::OlderForm => "a card of the older form, which carries no signature".to_owned(),
    }
}

fn card_in_words(card: &GenuineCard) -> String {
    let lot = card.lot.as_ref().map(|lot| format!("lot {lot}"));
    let campaign = card
        .campaign
        .as_ref()
        .map(|campaign| format!("campaign {campaign}"));
    let origin: Vec<String> = campaign.into_iter().chain(lot).collect();
    format!(
        "{}, issued {}, good until the day before {}",
        origin.join(", "),
        card.issued,
        card.expires
    )
}

fn knowledge_in_words(knowledge: &Knowledge) -> String {
    let mut text = match (knowledge.as_of, knowledge.age) {
        (Some(as_of), Some(age)) => format!("Status data of {as_of}, {} old", span(age.as_hours())),
        _ => "No status data: revocations are not known".to_owned(),
    };
    if knowledge.as_of.is_some() && knowledge.overdue {
        text.push_str("; a newer list is due, fetch it");
    }
    if knowledge.clock_behind {
        text.push_str("\nThe clock is behind the status data: set it right");
    }
    text
}

fn span(hours: i64) -> String {
    if hours < 48 {
        format!("{hours} hours")
    } else {
        format!("{} days", hours / 24)
    }
}

/// The verdict as JSON.
pub fn object(verdict: &Verdict) -> Value {
    let finding = &verdict.finding;
    let reason = match finding {
        Finding::NotACard(error) => Some(error.to_string()),
        Finding::CheckOnline(why) => Some(why_online(*why)),
        _ => None,
    };
    let key = match finding {
        Finding::Unknown(ForeignOrStale::Key(kid)) | Finding::Forged(kid) => Some(*kid),
        Finding::CheckOnline(CheckOnline::CompromisedKey(kid) | CheckOnline::OutsideKeyPeriod(kid)) => {
            Some(*kid)
        }
        _ => None,
    };
    let revoked_by = match finding {
        Finding::Revoked { by, .. } => Some(*by),
        _ => None,
    };
    let card = finding.card().map(|card| {
        json!({ "campaign": card.campaign, "lot": card.lot, "issued": card.issued, "expires": card.expires })
    });
    let knowledge = &verdict.knowledge;
    json!({
        "verdict": finding.name(), "valid": finding.is_valid(), "card": card, "revoked_by": revoked_by,
        "key": key, "reason": reason,
        "status_data": {
            "as_of": knowledge.as_of, "age_hours": knowledge.age.map(|age| age.as_hours()),
            "overdue": knowledge.overdue, "clock_behind": knowledge.clock_behind,
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use jiff::SignedDuration;
    use jiff::civil::date;
    use teranga_core::card::key::Kid;
    use teranga_core::card::text::TextError;

    use super::*;

    fn every_finding() -> Vec<Finding> {
        let kid = Kid([1, 2, 3, 4]);
        let card = || GenuineCard {
            campaign: Some("POLIO26".into()),
            lot: None,
            issued: date(2026, 3, 1),
            expires: date(2027, 3, 1),
        };
        vec![
            Finding::Valid(card()),
            Finding::ValidNewerThanList(card()),
            Finding::NotACard(TextError::NotACard),
            Finding::Unknown(ForeignOrStale::Key(kid)),
            Finding::Forged(kid),
            Finding::CheckOnline(CheckOnline::CompromisedKey(kid)),
            Finding::Revoked {
                by: date(2026, 5, 1),
                card: card(),
            },
            Finding::Expired(card()),
            Finding::WrongCampaign(card()),
            Finding::Blank(card()),
        ]
    }

    fn verdict(finding: Finding) -> Verdict {
        let as_of = "2026-06-14T00:00:00Z".parse().unwrap();
        let age = Some(SignedDuration::from_hours(32));
        Verdict {
            finding,
            knowledge: Knowledge {
                clock_behind: false,
                as_of: Some(as_of),
                age,
                overdue: false,
            },
        }
    }

    #[test]
    fn each_kind_of_verdict_has_a_status_of_its_own_and_only_valid_ones_succeed() {
        let findings = every_finding();
        let statuses: HashSet<u8> = findings.iter().map(status).collect();
        assert_eq!(
            statuses.len(),
            findings.len() - 1,
            "the two valid ones share theirs"
        );
        for finding in &findings {
            assert_eq!(status(finding) == 0, finding.is_valid());
            assert_ne!(status(finding), SLIP);
        }
    }

    #[test]
    fn words_and_json_say_the_verdict_and_the_age() {
        let shown: Vec<String> = every_finding()
            .into_iter()
            .map(|finding| words(&verdict(finding)))
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
        let object = object(&verdict(every_finding().swap_remove(6)));
        insta::assert_json_snapshot!(object);
    }
}
