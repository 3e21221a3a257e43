//! The one text form of a date of birth, for JSON, spreadsheets and screens of developers:
//! `1990-05-01`, `1990-05`, `1990`, `age 34 on 2024-05-01`.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use super::{BirthDate, BirthDateError, MAX_AGE};

impl fmt::Display for BirthDate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BirthDate::Day(date) => write!(formatter, "{date}"),
            BirthDate::Month { year, month } => write!(formatter, "{year:04}-{month:02}"),
            BirthDate::Year(year) => write!(formatter, "{year:04}"),
            BirthDate::Age { years, as_of } => write!(formatter, "age {years} on {as_of}"),
        }
    }
}

impl FromStr for BirthDate {
    type Err = BirthDateError;

    /// Reads exactly what `Display` writes. What people write is for [`BirthDate::parse`].
    fn from_str(text: &str) -> Result<Self, BirthDateError> {
        if let Some((years, as_of)) = text.strip_prefix("age ").and_then(|rest| rest.split_once(" on ")) {
            let years = years.parse().map_err(|_| BirthDateError::Unreadable)?;
            if years > MAX_AGE {
                return Err(BirthDateError::TooLongAgo);
            }
            return Ok(BirthDate::Age {
                years,
                as_of: day(as_of)?,
            });
        }
        match text.len() {
            4 => Ok(BirthDate::Year(number(text)?)),
            7 => {
                let first = day(&format!("{text}-01"))?;
                Ok(BirthDate::Month {
                    year: first.year(),
                    month: first.month(),
                })
            }
            _ => Ok(BirthDate::Day(day(text)?)),
        }
    }
}

fn day(text: &str) -> Result<Date, BirthDateError> {
    let mut parts = text.splitn(3, '-');
    let mut next = |length| {
        parts
            .next()
            .filter(|part| part.len() == length)
            .ok_or(BirthDateError::Unreadable)
    };
    let (year, month, day) = (number(next(4)?)?, number(next(2)?)?, number(next(2)?)?);
    let short = |value: i16| i8::try_from(value).map_err(|_| BirthDateError::Impossible);
    Date::new(year, short(month)?, short(day)?).map_err(|_| BirthDateError::Impossible)
}

fn number(digits: &str) -> Result<i16, BirthDateError> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        digits.parse().map_err(|_| BirthDateError::Unreadable)
    } else {
        Err(BirthDateError::Unreadable)
    }
}

impl TryFrom<String> for BirthDate {
    type Error = BirthDateError;

    fn try_from(text: String) -> Result<Self, BirthDateError> {
        text.parse()
    }
}

impl From<BirthDate> for String {
    fn from(birth: BirthDate) -> Self {
        birth.to_string()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn json_holds_the_text_form() {
        let births = [
            BirthDate::Day(date(1990, 5, 1)),
            BirthDate::Month { year: 1990, month: 5 },
            BirthDate::Year(1990),
            BirthDate::Age {
                years: 34,
                as_of: date(2024, 5, 1),
            },
        ];
        insta::assert_compact_json_snapshot!(
            births,
            @r#"["1990-05-01", "1990-05", "1990", "age 34 on 2024-05-01"]"#
        );
    }

    #[test]
    fn another_form_is_refused() {
        for text in [
            "",
            "19",
            "90-5-1",
            "1990-13",
            "1990-02-30",
            "+199",
            "1990-05-01T00:00",
            "age 3",
            "age 200 on 2024-05-01",
        ] {
            assert!(text.parse::<BirthDate>().is_err(), "{text}");
        }
    }

    fn any_birth() -> impl Strategy<Value = BirthDate> {
        let any_date = || (1800i16..2100, 1i8..=12, 1i8..=28).prop_map(|(y, m, d)| date(y, m, d));
        prop_oneof![
            any_date().prop_map(BirthDate::Day),
            (1800i16..2100, 1i8..=12).prop_map(|(year, month)| BirthDate::Month { year, month }),
            (1800i16..2100).prop_map(BirthDate::Year),
            (0..=MAX_AGE, any_date()).prop_map(|(years, as_of)| BirthDate::Age { years, as_of }),
        ]
    }

    proptest! {
        #[test]
        fn every_precision_survives_a_round_trip(birth in any_birth()) {
            prop_assert_eq!(birth.to_string().parse(), Ok(birth));
        }

        #[test]
        fn no_string_panics(text in "\\PC{0,30}") {
            let _ = text.parse::<BirthDate>();
        }
    }
}
