//! Date of birth with the precision at which it is known.
//!
//! Few people of a remote district know the day; a form that insists on one gets 1 January. So a date of birth is a
//! day, a month, a year, or an age told on a date, and everything that compares two of them compares the
//! [intervals](BirthDate::interval) in which the birth lies.

mod check;
mod interval;
mod parse;
mod text;

pub use check::BirthDateError;
pub use parse::DateOrder;

use jiff::civil::Date;

/// The oldest age that is believed. The oldest person on record lived 122 years; what lies beyond 130 is a typing
/// error.
pub const MAX_AGE: u8 = 130;

/// A date of birth with its precision. Many people know a year or an age; a form that forces a day invents one.
///
/// The variants are open, so that a match can take them apart; the constructors ([`BirthDate::day`] and its siblings)
/// check what they are given. JSON holds the text form, such as `"1990-05"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum BirthDate {
    /// The day is known.
    Day(Date),
    /// Year and month (1–12) are known.
    Month {
        /// Year.
        year: i16,
        /// Month, 1–12.
        month: i8,
    },
    /// Only the year is known.
    Year(i16),
    /// An age in completed years, as told on a date.
    Age {
        /// Completed years.
        years: u8,
        /// The day on which the age was told.
        as_of: Date,
    },
}
