//! What a text slot says: words with fields in braces.

use crate::data::MAX_ATTRIBUTES;
use crate::logo::MAX_LOGOS;

/// A field of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// Name of the person.
    Name,
    /// Identifier in the index.
    MpiId,
    /// Name of the programme.
    Programme,
    /// Name of the campaign.
    Campaign,
    /// Title of the card, from the configuration.
    Title,
    /// Line under it.
    Subtitle,
    /// Date of enrollment.
    Enrolled,
    /// Date of issue.
    Issued,
    /// Last day.
    Expires,
    /// Identifier in DHIS2.
    TrackedEntity,
    /// Card code.
    CardCode,
    /// Label of an attribute, from 0.
    AttributeLabel(usize),
    /// Value of an attribute, from 0.
    AttributeValue(usize),
    /// A word of the template.
    Text(String),
}

/// What is done to a field's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Nothing.
    Plain,
    /// Its first eight letters and an ellipsis.
    Short,
    /// Capitals.
    Upper,
}

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// These very words.
    Words(String),
    /// A field's text.
    Field(Field, Form),
}

/// Words with fields in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(pub Vec<Piece>);

/// Something that an element may depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// There is a logo of this number, from 0.
    Logo(usize),
    /// There is a photo.
    Photo,
    /// There is an attribute of this number, from 0.
    Attribute(usize),
    /// The field is not empty.
    Name,
    /// The field is not empty and is to be shown.
    MpiId,
    /// The field is not empty.
    Programme,
    /// The field is not empty.
    Campaign,
    /// The field is not empty.
    Subtitle,
    /// The field is not empty.
    Enrolled,
    /// The field is not empty.
    Issued,
    /// The field is not empty.
    Expires,
    /// The field is not empty.
    TrackedEntity,
    /// The field is not empty.
    CardCode,
}

impl Pattern {
    /// Reads `"Born {attribute.1.value|upper}"`; the error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((words, after)) = rest.split_once('{') {
            let Some((inside, tail)) = after.split_once('}') else {
                return Err(format!("{text:?} has an opening brace without a closing one"));
            };
            if !words.is_empty() {
                pieces.push(Piece::Words(words.to_owned()));
            }
            let (name, form) = inside.split_once('|').unwrap_or((inside, ""));
            let form = match form {
                "" => Form::Plain,
                "short" => Form::Short,
                "upper" => Form::Upper,
                other => return Err(format!("there is no form |{other}; there are |short and |upper")),
            };
            pieces.push(Piece::Field(Field::parse(name)?, form));
            rest = tail;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Words(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// Whether it says the same on every card of a configuration.
    pub fn is_fixed(&self) -> bool {
        let fixed = |piece: &Piece| {
            matches!(
                piece,
                Piece::Words(_) | Piece::Field(Field::Text(_) | Field::Title, _)
            )
        };
        self.0.iter().all(fixed)
    }
}

impl Field {
    fn parse(name: &str) -> Result<Self, String> {
        if let Some(key) = name.strip_prefix("text.") {
            return Ok(Self::Text(key.to_owned()));
        }
        Ok(match name {
            "name" => Self::Name,
            "mpi_id" => Self::MpiId,
            "programme" => Self::Programme,
            "campaign" => Self::Campaign,
            "title" => Self::Title,
            "subtitle" => Self::Subtitle,
            "enrolled" => Self::Enrolled,
            "issued" => Self::Issued,
            "expires" => Self::Expires,
            "tracked_entity" => Self::TrackedEntity,
            "card_code" => Self::CardCode,
            _ => return Self::attribute(name),
        })
    }

    fn attribute(name: &str) -> Result<Self, String> {
        let unknown = || {
            format!(
                "there is no field {{{name}}}; there are name, mpi_id, programme, campaign, title, subtitle, enrolled, \
                 issued, expires, tracked_entity, card_code, attribute.N.label, attribute.N.value (N from 1 to {MAX_ATTRIBUTES}) and text.KEY"
            )
        };
        let rest = name.strip_prefix("attribute.").ok_or_else(unknown)?;
        let (number, part) = rest.split_once('.').ok_or_else(unknown)?;
        let at = numbered(number, MAX_ATTRIBUTES).ok_or_else(unknown)?;
        match part {
            "label" => Ok(Self::AttributeLabel(at)),
            "value" => Ok(Self::AttributeValue(at)),
            _ => Err(unknown()),
        }
    }
}

impl Fact {
    /// Reads `logo.1`, `photo`, `attribute.3` or a field's name.
    pub fn parse(name: &str) -> Result<Self, String> {
        let unknown = || {
            format!(
                "there is no condition {name:?}; there are logo.1 to logo.{MAX_LOGOS}, attribute.1 to attribute.{MAX_ATTRIBUTES}, \
                 photo, name, mpi_id, programme, campaign, subtitle, enrolled, issued, expires, tracked_entity, card_code, each with ! for not"
            )
        };
        if let Some(number) = name.strip_prefix("logo.") {
            return numbered(number, MAX_LOGOS).map(Self::Logo).ok_or_else(unknown);
        }
        if let Some(number) = name.strip_prefix("attribute.") {
            return numbered(number, MAX_ATTRIBUTES)
                .map(Self::Attribute)
                .ok_or_else(unknown);
        }
        Ok(match name {
            "photo" => Self::Photo,
            "name" => Self::Name,
            "mpi_id" => Self::MpiId,
            "programme" => Self::Programme,
            "campaign" => Self::Campaign,
            "subtitle" => Self::Subtitle,
            "enrolled" => Self::Enrolled,
            "issued" => Self::Issued,
            "expires" => Self::Expires,
            "tracked_entity" => Self::TrackedEntity,
            "card_code" => Self::CardCode,
            _ => return Err(unknown()),
        })
    }

    /// Whether the configuration alone decides it.
    pub fn is_fixed(self) -> bool {
        matches!(self, Self::Logo(_))
    }
}

/// A number from 1 to `most`, as an index.
fn numbered(text: &str, most: usize) -> Option<usize> {
    let number: usize = text.parse().ok()?;
    (1..=most).contains(&number).then(|| number - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_fields_are_told_apart() {
        let pattern = Pattern::parse("No {card_code|upper}.").unwrap();
        assert_eq!(
            pattern.0,
            [
                Piece::Words("No ".into()),
                Piece::Field(Field::CardCode, Form::Upper),
                Piece::Words(".".into())
            ]
        );
        assert!(!pattern.is_fixed());
        assert!(Pattern::parse("{text.scan} {title}").unwrap().is_fixed());
    }

    #[test]
    fn what_does_not_exist_is_named_with_what_does() {
        for bad in [
            "{",
            "{nam}",
            "{name|lower}",
            "{attribute.5.label}",
            "{attribute.1.age}",
        ] {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
        assert!(Pattern::parse("{nam}").unwrap_err().contains("card_code"));
        assert!(Fact::parse("logo.4").is_err() && Fact::parse("attribute.4").is_ok());
    }
}
