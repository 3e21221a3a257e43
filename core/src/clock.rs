//! The one place that reads the time.
//!
//! Everything else takes a [`Timestamp`] or a [`Date`] as an argument, so that a test sets it and a phone whose clock
//! is wrong can be told so.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The current instant, from the operating system's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one file that reads the time"
)]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// The current date in UTC, the calendar of cards and status lists.
pub fn today() -> Date {
    date_of(now())
}

/// The UTC date of an instant.
pub fn date_of(instant: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(instant).date()
}

/// Days from 1970-01-01 to a date: the unit in which cards, lists and manifests write dates. Negative before 1970.
pub fn day_number(date: Date) -> i64 {
    date.duration_since(Date::constant(1970, 1, 1)).as_secs() / SECONDS_PER_DAY
}

/// The date of a day number, if it lies within the calendar's range (to the year 9999).
pub fn date_of_day(day: i64) -> Option<Date> {
    let seconds = day.checked_mul(SECONDS_PER_DAY)?;
    Timestamp::from_second(seconds).ok().map(date_of)
}

/// Seconds of a day of UTC as POSIX and RFC 8392 count them.
pub const SECONDS_PER_DAY: i64 = 86_400;

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn day_numbers_count_from_1970() {
        assert_eq!(day_number(date(1970, 1, 1)), 0);
        assert_eq!(day_number(date(2026, 2, 28)), 20_512);
        assert_eq!(date_of_day(20_512), Some(date(2026, 2, 28)));
        assert_eq!(
            date_of_day(day_number(date(1969, 12, 31))),
            Some(date(1969, 12, 31))
        );
        assert_eq!(date_of_day(i64::MAX), None);
    }
}
