//! The days on which a person can have been born.

use jiff::civil::Date;
use jiff::{Span, ToSpan};

use super::BirthDate;

impl BirthDate {
    /// The first and the last day of the interval in which the birth lies, both included.
    ///
    /// Someone of 34 on a date has had the 34th birthday and not the 35th: a year's interval that ends on that date 34
    /// years earlier. A year or month that no calendar has is brought to the nearest one, so that any value compares.
    pub fn interval(&self) -> (Date, Date) {
        match *self {
            BirthDate::Day(date) => (date, date),
            BirthDate::Month { year, month } => {
                let first = first_of(year, month);
                (first, first.last_of_month())
            }
            BirthDate::Year(year) => {
                let first = first_of(year, 1);
                (first, first.last_of_year())
            }
            BirthDate::Age { years, as_of } => {
                let before = |years: i64| as_of.saturating_sub(Span::new().years(years));
                let latest = before(i64::from(years));
                (
                    before(i64::from(years) + 1).saturating_add(1.day()).min(latest),
                    latest,
                )
            }
        }
    }
}

fn first_of(year: i16, month: i8) -> Date {
    let year = year.clamp(Date::MIN.year(), Date::MAX.year());
    Date::new(year, month.clamp(1, 12), 1).unwrap_or(Date::ZERO)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_precision_spans_its_days() {
        let day = date(1990, 5, 1);
        assert_eq!(BirthDate::Day(day).interval(), (day, day));
        let february = BirthDate::Month { year: 2024, month: 2 };
        assert_eq!(february.interval(), (date(2024, 2, 1), date(2024, 2, 29)));
        assert_eq!(
            BirthDate::Year(1990).interval(),
            (date(1990, 1, 1), date(1990, 12, 31))
        );
    }

    #[test]
    fn an_age_spans_the_year_before_its_birthday() {
        let told = BirthDate::Age {
            years: 34,
            as_of: date(2024, 5, 1),
        };
        assert_eq!(told.interval(), (date(1989, 5, 2), date(1990, 5, 1)));
        let newborn = BirthDate::Age {
            years: 0,
            as_of: date(2024, 2, 29),
        };
        assert_eq!(newborn.interval(), (date(2023, 3, 1), date(2024, 2, 29)));
    }

    #[test]
    fn consecutive_ages_leave_no_gap_and_do_not_overlap() {
        for as_of in [
            date(2024, 2, 28),
            date(2024, 2, 29),
            date(2024, 3, 1),
            date(2023, 2, 28),
        ] {
            for years in 0..100 {
                let younger = BirthDate::Age { years, as_of }.interval();
                let older = BirthDate::Age {
                    years: years + 1,
                    as_of,
                }
                .interval();
                assert_eq!(older.1.tomorrow().unwrap(), younger.0, "{years} on {as_of}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_value_has_an_interval_in_order(year: i16, month: i8, years: u8) {
            for birth in [
                BirthDate::Year(year),
                BirthDate::Month { year, month },
                BirthDate::Age { years, as_of: Date::MIN },
                BirthDate::Age { years, as_of: Date::MAX },
            ] {
                let (earliest, latest) = birth.interval();
                prop_assert!(earliest <= latest);
            }
        }
    }
}
