//! Which attributes are sensitive: the seven categories that never leave by a figure, a file, a log or a card.
//!
//! An attribute says what it is by its code, its name and its set of options, in English, French or Portuguese.
//! [`Guard::findings`] reads all three against a list of words (`words.txt`, which a native speaker can correct) and
//! names the category and the reason. What is missed is disclosed and what is taken by mistake is only kept back, so a
//! doubtful word is taken. An organization adds words of its own with [`Guard::add`]; nothing can be taken away.
//!
//! How often the words are right is measured in the tests on names that were not looked at while they were chosen.

mod pattern;
mod text;

use serde::{Deserialize, Serialize};

pub use pattern::PatternError;
use pattern::{Pattern, Scope};
use text::Text;

/// The seven categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// HIV and AIDS: status, viral load, CD4, antiretrovirals.
    Hiv,
    /// Sexually transmitted infections.
    Sti,
    /// Tuberculosis: status, smear, treatment, resistance.
    Tuberculosis,
    /// Diagnoses and medicines of the mind.
    MentalHealth,
    /// Other serology.
    Serological,
    /// Fingerprint, iris, face, DNA.
    Biometric,
    /// Income, standing, payments.
    Financial,
}

impl Category {
    /// Every category.
    pub const ALL: [Self; 7] = [
        Self::Hiv,
        Self::Sti,
        Self::Tuberculosis,
        Self::MentalHealth,
        Self::Serological,
        Self::Biometric,
        Self::Financial,
    ];

    /// The category in one word, as the list of words and the database have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hiv => "hiv",
            Self::Sti => "sti",
            Self::Tuberculosis => "tuberculosis",
            Self::MentalHealth => "mental-health",
            Self::Serological => "serological",
            Self::Biometric => "biometric",
            Self::Financial => "financial",
        }
    }

    /// The category of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.name() == name)
    }
}

/// What an attribute calls itself. Empty where it says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Attribute<'a> {
    /// Its code, such as `MMD_VIH_STA`.
    pub code: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The name of its set of options.
    pub option_set: &'a str,
}

/// Where a word stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In the code.
    Code,
    /// In the name.
    Name,
    /// In the name of the option set.
    OptionSet,
}

/// Why an attribute is sensitive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The category.
    pub category: Category,
    /// Where the word stood.
    pub place: Place,
    /// The pattern that it met.
    pub pattern: String,
    /// Whether an organization added the pattern.
    pub added: bool,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = match self.place {
            Place::Code => "code",
            Place::Name => "name",
            Place::OptionSet => "option set",
        };
        write!(
            out,
            "{}: its {place} has \"{}\"",
            self.category.name(),
            self.pattern
        )
    }
}

/// The words of the seven categories, with those that an organization added.
#[derive(Debug, Clone)]
pub struct Guard {
    words: Vec<(Category, Pattern)>,
    /// How many of them are shipped.
    shipped: usize,
}

impl Default for Guard {
    /// The shipped words.
    fn default() -> Self {
        let words = pattern::shipped();
        Self {
            shipped: words.len(),
            words,
        }
    }
}

impl Guard {
    /// Adds a pattern, as a line of `words.txt` has it.
    ///
    /// # Errors
    /// A text without a word of two characters, which would meet everything.
    pub fn add(&mut self, category: Category, pattern: &str) -> Result<(), PatternError> {
        self.words.push((category, Pattern::parse(pattern)?));
        Ok(())
    }

    /// Why an attribute is sensitive, one finding a category; none for one that is not.
    pub fn findings(&self, attribute: &Attribute<'_>) -> Vec<Finding> {
        let texts = [
            (Place::Name, Text::new(attribute.name)),
            (Place::Code, Text::new(attribute.code)),
            (Place::OptionSet, Text::new(attribute.option_set)),
        ];
        let mut findings: Vec<Finding> = Vec::new();
        for (at, (category, pattern)) in self.words.iter().enumerate() {
            if findings.iter().any(|found| found.category == *category) {
                continue;
            }
            let met = texts.iter().find(|(place, text)| {
                let fits = pattern.scope != Scope::Code || *place == Place::Code;
                fits && pattern.meets(text) && !texts.iter().any(|(_, text)| pattern.is_excused_by(text))
            });
            if let Some((place, _)) = met {
                findings.push(Finding {
                    category: *category,
                    place: *place,
                    pattern: pattern.shown.clone(),
                    added: at >= self.shipped,
                });
            }
        }
        findings.sort_by_key(|found| found.category);
        findings
    }

    /// Whether an attribute is of any category.
    pub fn is_sensitive(&self, attribute: &Attribute<'_>) -> bool {
        !self.findings(attribute).is_empty()
    }
}

#[cfg(test)]
mod tests;
