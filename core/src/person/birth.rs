//! Date of birth with the precision at which it is known.

use jiff::civil::Date;

/// A date of birth with its precision. Many people know a year or an age; a form that forces a day invents one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
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
