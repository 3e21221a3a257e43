//! The verdict on a number that was typed because the QR code is damaged: a card code or an MPI id.
//!
//! A typed number carries no signature, so it is looked up in the exact list of this phone's area. A slip is told before
//! anything is looked up: by the check character of a card code, by the form of an MPI id.

use super::knowledge::Knowledge;
use super::scan::{Post, judge};
use super::verdict::{Finding, ForeignOrStale, GenuineCard, Verdict};
use crate::card::code::{CardCode, CodeError};
use crate::person::{MpiId, MpiIdError};
use crate::registry::{Handle, IdRecord};

/// What is wrong with a typed number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TypedError {
    /// It looks like a card code.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// It looks like an MPI id.
    #[error(transparent)]
    Mpi(#[from] MpiIdError),
}

/// The verdict on a typed card code or MPI id, or what is wrong with it.
pub fn typed(text: &str, post: &Post<'_>) -> Result<Verdict, TypedError> {
    let handle = read_typed(text)?;
    let finding = listed(&handle, post).unwrap_or(Finding::Unknown(ForeignOrStale::Number));
    Ok(Verdict {
        finding,
        knowledge: Knowledge::at(&post.clock, post.statuses.freshness()),
    })
}

/// Tells a card code from an MPI id, by length and otherwise by shape, and reads it.
pub fn read_typed(text: &str) -> Result<Handle, TypedError> {
    let characters: Vec<char> = text
        .chars()
        .filter(|character| character.is_alphanumeric())
        .take(20)
        .collect();
    let mpi = match characters.len() {
        13 => false,
        15 => true,
        // SN DKR 26: five letters, then a year.
        length => length >= 5 && characters[..5].iter().all(char::is_ascii_alphabetic),
    };
    if mpi {
        Ok(Handle::Mpi(MpiId::parse(text)?))
    } else {
        Ok(Handle::Code(CardCode::parse(text)?))
    }
}

/// The finding on what the list holds of a handle; none when it holds nothing.
///
/// A person may have several cards: those of the campaign that the post serves count if there are any, and of these the
/// one that serves best, so that a replaced card does not stand in the way of its replacement.
pub(super) fn listed(handle: &Handle, post: &Post<'_>) -> Option<Finding> {
    let mut records = post.ids?.find(handle);
    let served = |record: &IdRecord| record.campaign.as_deref() == post.campaign;
    if post.campaign.is_some() && records.iter().any(served) {
        records.retain(served);
    }
    let findings = records.into_iter().map(|record| {
        let (issued, expires) = (record.issued, record.expires);
        judge(
            GenuineCard {
                campaign: record.campaign,
                lot: None,
                issued,
                expires,
            },
            record.status,
            post,
        )
    });
    findings.min_by_key(usefulness)
}

fn usefulness(finding: &Finding) -> u8 {
    match finding {
        Finding::Valid(_) => 0,
        Finding::ValidNewerThanList(_) => 1,
        Finding::Blank(_) => 2,
        Finding::WrongCampaign(_) => 3,
        Finding::Expired(_) => 4,
        _ => 5,
    }
}
