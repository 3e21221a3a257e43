//! The languages of the server's pages: Fluent texts in `server/i18n`, one folder a language, English where one lacks a text.

use std::sync::LazyLock;

use i18n_embed::LanguageLoader as _;
use i18n_embed::fluent::FluentLanguageLoader;
use i18n_embed::unic_langid::LanguageIdentifier;

#[derive(rust_embed::RustEmbed)]
#[folder = "i18n/"]
struct Texts;

/// A language that pages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    English,
    /// French.
    French,
}

static LOADERS: LazyLock<[FluentLanguageLoader; 2]> = LazyLock::new(|| Language::ALL.map(Language::load));

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::French];

    /// Its code (BCP 47).
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    /// The language of a code, such as `fr-SN`.
    pub fn of_code(code: &str) -> Option<Self> {
        let primary = code.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|language| primary.eq_ignore_ascii_case(language.code()))
    }

    /// The language that an `Accept-Language` header (RFC 9110 §12.5.4) likes best. English when it names none of ours.
    pub fn preferred(header: &str) -> Self {
        let mut best = (0, Self::English);
        // A browser names a handful; a longer header is not worth reading.
        for part in header.split(',').take(16) {
            let (code, weight) = part.split_once(';').unwrap_or((part, ""));
            let weight = weight.trim().strip_prefix("q=").map_or(1000, thousandths);
            if let Some(language) = Self::of_code(code)
                && weight > best.0
            {
                best = (weight, language);
            }
        }
        best.1
    }

    /// A text.
    pub fn say(self, id: &str) -> String {
        self.loader().get(id)
    }

    /// A text with values in it.
    pub fn say_with<'a>(self, id: &str, values: impl IntoIterator<Item = (&'static str, &'a str)>) -> String {
        let values = values.into_iter().map(|(name, value)| (name, value.into()));
        self.loader().get_args_concrete(id, values.collect())
    }

    fn loader(self) -> &'static FluentLanguageLoader {
        &LOADERS[usize::from(self == Self::French)]
    }

    fn load(self) -> FluentLanguageLoader {
        let language = |code: &str| code.parse::<LanguageIdentifier>().unwrap_or_default();
        let loader = FluentLanguageLoader::new("pages", language(Self::English.code()));
        // The texts are in the program: a test reads every one of them.
        let _ = loader.load_languages(&Texts, &[language(self.code())]);
        // The marks around values that keep directions apart are for mixed scripts; here they would only be bytes.
        loader.set_use_isolating(false);
        loader
    }
}

/// A weight such as `0.8` in thousandths.
fn thousandths(weight: &str) -> u32 {
    let weight: f32 = weight.trim().parse().unwrap_or(0.0);
    (weight.clamp(0.0, 1.0) * 1000.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_is_liked_best_is_taken() {
        for (header, language) in [
            ("", Language::English),
            ("fr-SN,fr;q=0.9,en;q=0.8", Language::French),
            ("wo,en-US;q=0.7,fr;q=0.9", Language::French),
            ("en,fr", Language::English),
            ("fr;q=0,en;q=0.1", Language::English),
            ("FR", Language::French),
            ("wo;q=1,ar", Language::English),
            ("fr;q=NaN", Language::English),
        ] {
            assert_eq!(Language::preferred(header), language, "{header}");
        }
    }

    #[test]
    fn both_languages_have_the_same_texts_and_each_its_own() {
        let texts = |language: Language| -> Vec<String> {
            let file = Texts::get(&format!("{}/pages.ftl", language.code())).unwrap();
            let text = String::from_utf8(file.data.to_vec()).unwrap();
            let ids = text.lines().filter_map(|line| line.split_once(" = "));
            ids.map(|(id, _)| id.to_owned()).collect()
        };
        assert_eq!(texts(Language::English), texts(Language::French));
        assert_eq!(Language::English.say("valid"), "Valid");
        assert_eq!(Language::French.say("valid"), "Valable");
        let date = Language::French.say_with("date", [("day", "3"), ("month", "mars"), ("year", "2026")]);
        assert_eq!(date, "3 mars 2026");
    }
}
