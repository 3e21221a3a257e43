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
