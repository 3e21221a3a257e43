//! A date of birth as an interval of days, so that a day, a month, a year and an age compare in one way.

use std::fmt;

use crate::person::BirthDate;

/// A date of birth as an interval, both ends included, in days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreparedBirth {
    /// First possible day.
    pub first: i32,
    /// Last possible day.
    pub last: i32,
    /// Year, month and day where the day is known.
    pub day: Option<(i16, u8, u8)>,
    /// As in [`super::PreparedToken::rarity`], for a known day.
    pub rarity: Option<i32>,
}

impl PreparedBirth {
    /// `None` for a month that does not exist.
    pub(super) fn new(birth: &BirthDate) -> Option<Self> {
        match *birth {
            BirthDate::Day(date) => {
                let (year, month, day) = (
                    date.year(),
                    date.month().unsigned_abs(),
                    date.day().unsigned_abs(),
                );
                let at = days(year.into(), month.into(), day.into());
                Some(Self {
                    first: at,
                    last: at,
                    day: Some((year, month, day)),
                    rarity: None,
                })
            }
            BirthDate::Month { year, month } if (1..=12).contains(&month) => {
                let (year, month) = (i32::from(year), i32::from(month));
                let next = if month == 12 {
                    days(year + 1, 1, 1)
                } else {
                    days(year, month + 1, 1)
                };
                Some(Self::between(days(year, month, 1), next - 1))
            }
            BirthDate::Month { .. } => None,
            BirthDate::Year(year) => Some(Self::between(
                days(year.into(), 1, 1),
                days(i32::from(year) + 1, 1, 1) - 1,
            )),
            BirthDate::Age { years, as_of } => {
                let (year, month, day) = (
                    i32::from(as_of.year()),
                    i32::from(as_of.month()),
                    i32::from(as_of.day()),
                );
                let years = i32::from(years);
                Some(Self::between(
                    days(year - years - 1, month, day) + 1,
                    days(year - years, month, day),
                ))
            }
        }
    }

    /// A known day, in days since 1970-01-01.
    pub(in crate::matching) fn on(day: i32) -> Self {
        let year = year_of(day);
        let month = ((day - days(year, 1, 1)) / 31 + 1..=12)
            .rev()
            .find(|&month| days(year, month, 1) <= day);
        let month = month.unwrap_or(1);
        let date = (year as i16, month as u8, (day - days(year, month, 1) + 1) as u8);
        Self {
            first: day,
            last: day,
            day: Some(date),
            rarity: None,
        }
    }

    pub(in crate::matching) fn between(first: i32, last: i32) -> Self {
        Self {
            first,
            last,
            day: None,
            rarity: None,
        }
    }

    /// What equal dates are counted by: known days with their date, others by their interval.
    pub fn key(&self) -> u64 {
        u64::from(self.first.cast_unsigned()) << 32 | u64::from(self.last.cast_unsigned())
    }

    fn years(&self) -> (i32, i32) {
        (year_of(self.first), year_of(self.last))
    }

    /// Days in the interval.
    pub fn width(&self) -> i32 {
        self.last - self.first + 1
    }
}

/// A known day as `1990-05-03`, anything else as the years it may lie in: `1990` or `1989/1990`.
impl fmt::Display for PreparedBirth {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.day, self.years()) {
            (Some((year, month, day)), _) => write!(out, "{year:04}-{month:02}-{day:02}"),
            (None, (first, last)) if first == last => write!(out, "{first:04}"),
            (None, (first, last)) => write!(out, "{first:04}/{last:04}"),
        }
    }
}

/// The year that a day number lies in; the inverse of [`days`].
fn year_of(day: i32) -> i32 {
    let shifted = day + 719_468;
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let after_new_year = (5 * of_year + 2) / 153 >= 10;
    shifted.div_euclid(146_097) * 400 + year + i32::from(after_new_year)
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar; a 29 February of a common year is its 1 March.
fn days(year: i32, month: i32, day: i32) -> i32 {
    let shifted = if month > 2 { year } else { year - 1 };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_age_spans_the_year_of_its_birthdays() {
        let age = PreparedBirth::new(&BirthDate::Age {
            years: 30,
            as_of: date(2026, 6, 15),
        })
        .unwrap();
        assert_eq!((age.first, age.last), (days(1995, 6, 16), days(1996, 6, 15)));
    }

    #[test]
    fn a_month_that_does_not_exist_is_no_date() {
        assert_eq!(
            PreparedBirth::new(&BirthDate::Month {
                year: 1990,
                month: 13
            }),
            None
        );
    }

    #[test]
    fn december_ends_with_the_year() {
        let month = PreparedBirth::new(&BirthDate::Month {
            year: 1990,
            month: 12,
        })
        .unwrap();
        assert_eq!((month.width(), month.last), (31, days(1990, 12, 31)));
    }

    proptest! {
        #[test]
        fn consecutive_days_have_consecutive_numbers(year in 1850i16..2100, month in 1i8..=12, day in 1i8..=28) {
            let today = date(year, month, day);
            let number = |date: jiff::civil::Date| days(date.year().into(), date.month().into(), date.day().into());
            prop_assert_eq!(number(today.tomorrow().unwrap()), number(today) + 1);
            prop_assert_eq!(year_of(number(today)), i32::from(year));
        }

        #[test]
        fn no_date_panics(year: i16, month: i8, years: u8) {
            PreparedBirth::new(&BirthDate::Year(year));
            PreparedBirth::new(&BirthDate::Month { year, month });
            PreparedBirth::new(&BirthDate::Age { years, as_of: date(-9999, 2, 28) });
        }
    }
}
