//! Administrative sex.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// FHIR's four values of administrative gender (<https://hl7.org/fhir/R4/valueset-administrative-gender.html>).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Neither of the two.
    Other,
    /// Not recorded.
    #[default]
    Unknown,
}

/// Why a word was not taken for a sex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SexError {
    /// Registers disagree on whether 1 is male or female.
    #[error("a number does not say a sex, since registers number them differently; write F or M")]
    Number,
    /// No word for a sex in a known language.
    #[error("the sex cannot be read; write F, M, other, or leave it empty")]
    Unreadable,
}

impl Sex {
    /// Reads the usual words and initials of English, French, Portuguese, Arabic, Swahili, Wolof, Pulaar and Hausa, with
    /// or without capitals and accents. `M` is always male (never *mulher*), `H` is *homme* and *homem*; nothing at all
    /// is [`Sex::Unknown`].
    pub fn parse(text: &str) -> Result<Self, SexError> {
        const LONGEST: usize = 64;
        let folded: String = text
            .chars()
            .take(LONGEST + 1)
            .nfd()
            .filter(|&c| !is_combining_mark(c))
            .collect();
        let word = folded
            .trim_matches(|c: char| c.is_whitespace() || c == '.')
            .to_lowercase();
        match word.as_str() {
            "" | "?" | "-" | "u" | "unk" | "unknown" | "n/a" | "na" | "nd" | "inconnu" | "inconnue"
            | "desconhecido" | "ignorado" | "non precise" => Ok(Sex::Unknown),
            "f" | "fem" | "female" | "feminin" | "feminine" | "feminino" | "feminina" | "femme" | "fille"
            | "woman" | "girl" | "mulher" | "menina" | "rapariga" | "ke" | "mke" | "mwanamke" | "jigeen"
            | "debbo" | "mace" | "انثى" | "ا" => Ok(Sex::Female),
            "m" | "masc" | "male" | "masculin" | "masculine" | "masculino" | "h" | "homme" | "garcon"
            | "man" | "boy" | "homem" | "menino" | "rapaz" | "me" | "mume" | "mwanaume" | "goor"
            | "gorko" | "namiji" | "ذكر" | "ذ" => Ok(Sex::Male),
            "o" | "x" | "oth" | "other" | "autre" | "outro" | "intersex" | "intersexe" => Ok(Sex::Other),
            number if number.bytes().all(|byte| byte.is_ascii_digit()) => Err(SexError::Number),
            _ => Err(SexError::Unreadable),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn usual_words_are_read_in_each_language() {
        for word in [
            "F", "f.", "Femme", "FÉMININ", "Feminino", "fille", "female", "أنثى", "أ", "Ke", "jigéen",
        ] {
            assert_eq!(Sex::parse(word), Ok(Sex::Female), "{word}");
        }
        for word in [
            "M",
            "H",
            "homme",
            "Masculin",
            "masculino",
            "Garçon",
            "male",
            "ذكر",
            "ذ",
            "ME",
            "góor",
            " Homem ",
        ] {
            assert_eq!(Sex::parse(word), Ok(Sex::Male), "{word}");
        }
        assert_eq!(Sex::parse("autre"), Ok(Sex::Other));
        assert_eq!(Sex::parse("  "), Ok(Sex::Unknown));
    }

    #[test]
    fn numbers_and_other_words_are_refused() {
        assert_eq!(Sex::parse("1"), Err(SexError::Number));
        assert_eq!(Sex::parse("2"), Err(SexError::Number));
        assert_eq!(Sex::parse("Dakar"), Err(SexError::Unreadable));
        assert_eq!(Sex::parse(&"F".repeat(10_000)), Err(SexError::Unreadable));
    }

    #[test]
    fn json_holds_fhir_codes() {
        let all = [Sex::Female, Sex::Male, Sex::Other, Sex::Unknown];
        insta::assert_compact_json_snapshot!(all, @r#"["female", "male", "other", "unknown"]"#);
    }

    proptest! {
        #[test]
        fn no_string_panics(text in "\\PC*") {
            let _ = Sex::parse(&text);
        }
    }
}
