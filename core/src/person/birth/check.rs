//! Making a date of birth that can be true.

use jiff::civil::Date;

use super::{BirthDate, MAX_AGE};

/// Why a date of birth was refused. The message never repeats the date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BirthDateError {
    /// Not a form that is understood.
    #[error("the birth date cannot be read; write it as 1990-05-01, 01/05/1990, 1990-05, 1990 or \"age 34\"")]
    Unreadable,
    /// The year has two digits, so its century is a guess.
    #[error("the birth date has a two-digit year; write the year with four digits, as in 01/05/1990")]
    TwoDigitYear,
    /// A lone small number: an age or half a year?
    #[error(
        "a number alone is neither a year nor clearly an age; write \"age 34\", or the year with four digits"
    )]
    LoneNumber,
    /// A day or month that the calendar does not have.
    #[error("the birth date does not exist in the calendar; check the day and the month")]
    Impossible,
    /// After the day on which it was written down.
    #[error("the birth date lies in the future; check the year, and the date of this device")]
    Future,
    /// More than [`MAX_AGE`] years ago.
    #[error("the birth date is more than {MAX_AGE} years ago; check the year")]
    TooLongAgo,
}

impl BirthDate {
    /// A birth on a day, as known on `today`.
    pub fn day(year: i16, month: i8, day: i8, today: Date) -> Result<Self, BirthDateError> {
        let date = Date::new(year, month, day).map_err(|_| BirthDateError::Impossible)?;
        Self::Day(date).believed(today)
    }

    /// A birth in a month (1–12) of a year, as known on `today`.
    pub fn month(year: i16, month: i8, today: Date) -> Result<Self, BirthDateError> {
        Date::new(year, month, 1).map_err(|_| BirthDateError::Impossible)?;
        Self::Month { year, month }.believed(today)
    }

    /// A birth in a year, as known on `today`.
    pub fn year(year: i16, today: Date) -> Result<Self, BirthDateError> {
        Self::Year(year).believed(today)
    }

    /// An age in completed years, told on a date not after `today`.
    pub fn age(years: u8, as_of: Date, today: Date) -> Result<Self, BirthDateError> {
        if as_of > today {
            return Err(BirthDateError::Future);
        }
        if years > MAX_AGE {
            return Err(BirthDateError::TooLongAgo);
        }
        Self::Age { years, as_of }.believed(today)
    }

    /// The date itself, if a person born then can have been alive and at most [`MAX_AGE`] on `today`.
    pub fn believed(self, today: Date) -> Result<Self, BirthDateError> {
        let (earliest, latest) = self.interval();
        if earliest > today {
            return Err(BirthDateError::Future);
        }
        // Completed years: someone is 130 until the day before the 131st birthday.
        let next_birthday = jiff::Span::new().years(i64::from(MAX_AGE) + 1);
        if latest.saturating_add(next_birthday) <= today {
            return Err(BirthDateError::TooLongAgo);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 11, 24);

    #[test]
    fn dates_that_the_calendar_does_not_have_are_refused() {
        assert_eq!(
            BirthDate::day(2023, 2, 29, TODAY),
            Err(BirthDateError::Impossible)
        );
        assert_eq!(
            BirthDate::day(2024, 13, 1, TODAY),
            Err(BirthDateError::Impossible)
        );
        assert_eq!(BirthDate::month(2024, 0, TODAY), Err(BirthDateError::Impossible));
        assert_eq!(
            BirthDate::day(2024, 2, 29, TODAY),
            Ok(BirthDate::Day(date(2024, 2, 29)))
        );
    }

    #[test]
    fn the_future_is_refused_from_tomorrow_on() {
        assert!(BirthDate::day(2026, 11, 24, TODAY).is_ok());
        assert_eq!(BirthDate::day(2026, 11, 25, TODAY), Err(BirthDateError::Future));
        assert!(BirthDate::month(2026, 11, TODAY).is_ok());
        assert_eq!(BirthDate::month(2026, 12, TODAY), Err(BirthDateError::Future));
        assert_eq!(BirthDate::year(2027, TODAY), Err(BirthDateError::Future));
        assert_eq!(
            BirthDate::age(3, date(2026, 11, 25), TODAY),
            Err(BirthDateError::Future)
        );
    }

    #[test]
    fn nobody_is_older_than_130() {
        assert!(BirthDate::day(1895, 11, 25, TODAY).is_ok());
        assert_eq!(
            BirthDate::day(1895, 11, 24, TODAY),
            Err(BirthDateError::TooLongAgo)
        );
        assert!(BirthDate::age(130, TODAY, TODAY).is_ok());
        assert_eq!(BirthDate::age(131, TODAY, TODAY), Err(BirthDateError::TooLongAgo));
        assert_eq!(BirthDate::year(1850, TODAY), Err(BirthDateError::TooLongAgo));
        assert_eq!(BirthDate::year(i16::MIN, TODAY), Err(BirthDateError::TooLongAgo));
        assert_eq!(
            BirthDate::age(129, date(2000, 1, 1), TODAY),
            Err(BirthDateError::TooLongAgo)
        );
    }
}
