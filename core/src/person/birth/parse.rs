//! Reading a date of birth as people write it in forms and spreadsheets.

use jiff::civil::Date;

use super::{BirthDate, BirthDateError};

/// Whether `01/05/1990` is the first of May or the fifth of January. Four digits in front always mean the year.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DateOrder {
    /// Day, month, year: everywhere in Africa, and the default.
    #[default]
    DayFirst,
    /// Month, day, year.
    MonthFirst,
}

impl BirthDate {
    /// Reads a date of birth that was written down on `today` or earlier.
    ///
    /// Understood: ISO `1990-05-01`, `1990-05`, `1990` (a time of day after it is dropped); `01/05/1990` and `05/1990`
    /// with `/`, `-`, `.` or spaces; compact `19900501`; an age such as `age 34`, `34 ans`, `34 years`, `34 anos`, taken
    /// as told on `today`. A day or month written as zero means that it is unknown. Digits may be Arabic-Indic.
    /// Refused: years of two digits (`1.5.90`), lone numbers that are no year, six digits.
    pub fn parse(text: &str, order: DateOrder, today: Date) -> Result<Self, BirthDateError> {
        let text = ascii_digits(text)?;
        let text = without_time(text.trim());
        if let Some(years) = age(text) {
            let years = years.parse().map_err(|_| BirthDateError::TooLongAgo)?;
            return Self::age(years, today, today);
        }
        let parts: Vec<&str> = text.split(['/', '-', '.', ' ']).collect();
        if parts
            .iter()
            .any(|part| part.is_empty() || part.bytes().any(|byte| !byte.is_ascii_digit()))
        {
            return Err(BirthDateError::Unreadable);
        }
        let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        match (&parts[..], &lengths[..]) {
            ([year], [4]) => from_parts(year, "0", "0", today),
            ([compact], [8]) => from_parts(&compact[0..4], &compact[4..6], &compact[6..8], today),
            (_, [1..=3]) => Err(BirthDateError::LoneNumber),
            ([year, month], [4, 1..=2]) | ([month, year], [1..=2, 4]) => from_parts(year, month, "0", today),
            ([year, month, day], [4, 1..=2, 1..=2]) => from_parts(year, month, day, today),
            ([first, second, year], [1..=2, 1..=2, 4]) => match order {
                DateOrder::DayFirst => from_parts(year, second, first, today),
                DateOrder::MonthFirst => from_parts(year, first, second, today),
            },
            (_, [1..=2, 1..=2, 1..=2]) => Err(BirthDateError::TwoDigitYear),
            _ => Err(BirthDateError::Unreadable),
        }
    }
}

/// Zeros stand for what is unknown: `1990-05-00` is a month, `00/00/1990` a year.
fn from_parts(year: &str, month: &str, day: &str, today: Date) -> Result<BirthDate, BirthDateError> {
    let year = year.parse().map_err(|_| BirthDateError::Unreadable)?;
    let small = |text: &str| text.parse::<i8>().map_err(|_| BirthDateError::Unreadable);
    match (small(month)?, small(day)?) {
        (0, 0) => BirthDate::year(year, today),
        (0, _) => Err(BirthDateError::Impossible),
        (month, 0) => BirthDate::month(year, month, today),
        (month, day) => BirthDate::day(year, month, day, today),
    }
}

/// `1990-05-01T00:00:00.000` and `1990-05-01 00:00:00`, as DHIS2 and spreadsheets export a day.
fn without_time(text: &str) -> &str {
    match text.find(['T', ' ']) {
        Some(at) if at >= 8 && text[at + 1..].contains(':') => &text[..at],
        _ => text,
    }
}

/// What follows the number of an age in English, French, Portuguese, Swahili and Arabic.
const AGE_UNITS: [&str; 12] = [
    "y",
    "yo",
    "yr",
    "yrs",
    "year",
    "years",
    "years old",
    "an",
    "ans",
    "ano",
    "anos",
    "سنة",
];

/// The digits of an age: a word of age before or after one number.
fn age(text: &str) -> Option<&str> {
    let digits = text.trim_matches(|character: char| !character.is_ascii_digit());
    let (before, after) = text.split_once(digits).filter(|_| !digits.is_empty())?;
    let word = |side: &str| side.trim().trim_end_matches([':', '.']).trim().to_lowercase();
    let (before, after) = (word(before), word(after));
    let is_age = match before.as_str() {
        "" => AGE_UNITS.contains(&after.as_str()),
        "age" | "âge" | "aged" | "idade" => after.is_empty() || AGE_UNITS.contains(&after.as_str()),
        _ => false,
    };
    (is_age && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// The text with Arabic-Indic digits as ASCII ones. A date is short: whatever is longer is not one.
fn ascii_digits(text: &str) -> Result<String, BirthDateError> {
    const LONGEST: usize = 64;
    if text.len() > LONGEST {
        return Err(BirthDateError::Unreadable);
    }
    let digit = |character: char, zero: char| {
        char::from_digit(character as u32 - zero as u32, 10).unwrap_or(character)
    };
    Ok(text
        .chars()
        .map(|character| match character {
            '٠'..='٩' => digit(character, '٠'),
            '۰'..='۹' => digit(character, '۰'),
            other => other,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const TODAY: Date = date(2026, 11, 24);

    fn read(text: &str) -> Result<BirthDate, BirthDateError> {
        BirthDate::parse(text, DateOrder::DayFirst, TODAY)
    }

    #[test]
    fn a_day_is_read_in_every_usual_form() {
        for text in [
            "1990-05-01",
            "1990/5/1",
            "01/05/1990",
            "1.5.1990",
            "01-05-1990",
            "01 05 1990",
            "19900501",
            " 1990-05-01 ",
            "1990-05-01T00:00:00.000",
            "1990-05-01 00:00:00",
            "01/05/1990 00:00",
            "٠١/٠٥/١٩٩٠",
        ] {
            assert_eq!(read(text), Ok(BirthDate::Day(date(1990, 5, 1))), "{text}");
        }
        let american = BirthDate::parse("01/05/1990", DateOrder::MonthFirst, TODAY);
        assert_eq!(american, Ok(BirthDate::Day(date(1990, 1, 5))));
    }

    #[test]
    fn less_precise_dates_keep_their_precision() {
        for text in ["1990-05", "05/1990", "5.1990", "1990-05-00", "00/05/1990"] {
            assert_eq!(
                read(text),
                Ok(BirthDate::Month { year: 1990, month: 5 }),
                "{text}"
            );
        }
        for text in ["1990", "1990-00-00", "00/00/1990"] {
            assert_eq!(read(text), Ok(BirthDate::Year(1990)), "{text}");
        }
        for text in [
            "age 34",
            "Age: 34",
            "34 ans",
            "34 years old",
            "34ans",
            "Âge : 34 ans",
            "idade 34",
            "34 anos",
        ] {
            assert_eq!(
                read(text),
                Ok(BirthDate::Age {
                    years: 34,
                    as_of: TODAY
                }),
                "{text}"
            );
        }
    }

    #[test]
    fn what_could_mean_two_things_is_refused() {
        assert_eq!(read("1.5.90"), Err(BirthDateError::TwoDigitYear));
        assert_eq!(read("01/05/90"), Err(BirthDateError::TwoDigitYear));
        assert_eq!(read("34"), Err(BirthDateError::LoneNumber));
        assert_eq!(read("010590"), Err(BirthDateError::Unreadable));
        assert_eq!(read("13/13/1990"), Err(BirthDateError::Impossible));
        assert_eq!(read("1990-00-05"), Err(BirthDateError::Impossible));
        assert_eq!(read("31/02/1990"), Err(BirthDateError::Impossible));
        assert_eq!(read("age 999999"), Err(BirthDateError::TooLongAgo));
        assert_eq!(read("2030-01-01"), Err(BirthDateError::Future));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            " ",
            "unknown",
            "\0",
            "1990--05",
            "12345678901",
            "1990-05-01-02",
            "vers 1990",
            "١",
            &"9".repeat(10_000),
        ] {
            assert!(read(text).is_err(), "{text:.20}");
        }
    }

    proptest! {
        #[test]
        fn no_string_panics(text in "\\PC{0,40}") {
            let _ = read(&text);
        }

        #[test]
        fn date_like_strings_do_not_panic(text in "[0-9٠-٩ageTans./: -]{0,20}") {
            let _ = read(&text);
        }

        #[test]
        fn every_real_day_is_read_the_same_in_all_forms(year in 1900i16..2026, month in 1i8..=12, day in 1i8..=31) {
            let iso = read(&format!("{year:04}-{month:02}-{day:02}"));
            prop_assert_eq!(read(&format!("{day:02}/{month:02}/{year:04}")), iso);
            prop_assert_eq!(read(&format!("{year:04}{month:02}{day:02}")), iso);
            prop_assert_eq!(iso.is_ok(), Date::new(year, month, day).is_ok());
        }
    }
}
