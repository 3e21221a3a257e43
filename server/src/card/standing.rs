//! What became of a card, small enough that millions are held in memory.

use jiff::civil::Date;
use sea_orm::QueryResult;
use teranga_core::clock;

use crate::db::DbError;

/// A day, counted from 1970-01-01 in 16 bits: to the year 2149. Earlier and later days are brought to the nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(u16);

impl Day {
    /// After every day.
    const NEVER: Self = Self(u16::MAX);

    /// The day of a date.
    pub fn of(date: Date) -> Self {
        Self(clock::day_number(date).clamp(0, i64::from(u16::MAX - 1)) as u16)
    }

    /// The date.
    pub fn date(self) -> Option<Date> {
        clock::date_of_day(i64::from(self.0))
    }

    fn of_millis(millis: i64) -> Self {
        let day = millis.div_euclid(1000 * clock::SECONDS_PER_DAY);
        Self(day.clamp(0, i64::from(u16::MAX - 1)) as u16)
    }
}

/// What became of a card: 12 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The row of its campaign.
    pub campaign: u32,
    /// The day of its issue.
    pub issued: Day,
    expires: Day,
    revoked: Day,
}

impl Standing {
    /// The first day on which it is no longer valid, if there is one.
    pub fn expires(&self) -> Option<Day> {
        (self.expires != Day::NEVER).then_some(self.expires)
    }

    /// The day on which it was revoked, if it was.
    pub fn revoked(&self) -> Option<Day> {
        (self.revoked != Day::NEVER).then_some(self.revoked)
    }
}

/// The columns that [`read`] reads, in its order.
pub(super) const COLUMNS: &str = "campaign, state, issued, expires, revoked";

/// The standing in the columns from `first` on.
pub(super) fn read(row: &QueryResult, first: usize) -> Result<Standing, DbError> {
    let campaign: i64 = row.try_get_by_index(first)?;
    let state: i16 = row.try_get_by_index(first + 1)?;
    let issued: i64 = row.try_get_by_index(first + 2)?;
    let expires: Option<i64> = row.try_get_by_index(first + 3)?;
    let revoked: Option<i64> = row.try_get_by_index(first + 4)?;
    let campaign = u32::try_from(campaign)
        .map_err(|_| DbError::Corrupt("a card of a campaign that cannot be".to_owned()))?;
    // A revoked card without its day would be a damaged row; it is revoked all the same.
    let revoked = if state == 0 {
        Day::NEVER
    } else {
        revoked.map_or(Day(0), Day::of_millis)
    };
    Ok(Standing {
        campaign,
        issued: Day::of_millis(issued),
        expires: expires.map_or(Day::NEVER, Day::of_millis),
        revoked,
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_come_back_and_none_is_taken_for_never() {
        assert_eq!(Day::of(date(2026, 11, 25)).date(), Some(date(2026, 11, 25)));
        assert_eq!(Day::of_millis(86_400_000 * 3 + 5), Day(3));
        assert!(Day::of(date(9999, 1, 1)) < Day::NEVER && Day::of(date(1900, 1, 1)) == Day(0));
    }

    #[test]
    fn a_standing_is_small() {
        assert_eq!(size_of::<Standing>(), 12);
        assert_eq!(size_of::<([u8; 16], Standing)>(), 28);
    }
}
