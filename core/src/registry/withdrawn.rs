//! Whole issuer keys, or a span of their days of issue, whose cards are all revoked: a stolen lot, a stolen print run.

use jiff::civil::Date;

use crate::card::cbor::{CborError, Reader, Writer};
use crate::card::key::Kid;
use crate::clock::{date_of_day, day_number};

/// The most withdrawals on one list or delta.
pub const MAX_WITHDRAWN: usize = 10_000;

/// All cards of an issuer key, or those issued on the days of a span, are revoked.
///
/// A card's token does not tell its serial number, so part of a lot is withdrawn by its day of issue, or card by card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withdrawn {
    /// The issuer key.
    pub kid: Kid,
    /// First day of issue that is revoked; none for the first of all.
    pub from: Option<Date>,
    /// Last day of issue that is revoked; none for the last of all, those to come included.
    pub to: Option<Date>,
    /// The day on which they were revoked.
    pub on: Date,
}

impl Withdrawn {
    /// Whether a card is among the revoked.
    pub fn covers(&self, kid: Kid, issued: Date) -> bool {
        self.kid == kid
            && self.from.is_none_or(|from| from <= issued)
            && self.to.is_none_or(|to| issued <= to)
    }
}

/// Writes `[ [kid, from / null, to / null, on] ... ]`, dates as days since 1970-01-01.
pub(super) fn write(writer: Writer, all: &[Withdrawn]) -> Writer {
    all.iter().fold(writer.array(all.len()), |writer, one| {
        let writer = optional_day(optional_day(writer.array(4).bytes(&one.kid.0), one.from), one.to);
        writer.integer(day_number(one.on))
    })
}

/// Reads what [`write()`] wrote; none when a date does not exist.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<Option<Vec<Withdrawn>>, CborError> {
    let mut all = Vec::new();
    for _ in 0..reader.array(MAX_WITHDRAWN)? {
        reader.array_of(4)?;
        let kid = Kid(reader.fixed()?);
        let (from, to) = (read_optional_day(reader)?, read_optional_day(reader)?);
        let (Some(from), Some(to), Some(on)) = (from, to, date_of_day(reader.integer()?)) else {
            return Ok(None);
        };
        all.push(Withdrawn { kid, from, to, on });
    }
    Ok(Some(all))
}

fn optional_day(writer: Writer, day: Option<Date>) -> Writer {
    match day {
        Some(day) => writer.integer(day_number(day)),
        None => writer.null(),
    }
}

/// The outer option is none for a day that does not exist, the inner one for null.
fn read_optional_day(reader: &mut Reader<'_>) -> Result<Option<Option<Date>>, CborError> {
    if reader.null() {
        return Ok(Some(None));
    }
    Ok(date_of_day(reader.integer()?).map(Some))
}
