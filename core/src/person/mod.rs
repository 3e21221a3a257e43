//! What is known of a person, as an agent typed it or DHIS2 sent it: nothing is compared here, nothing is judged.

mod birth;
mod sex;

pub use birth::BirthDate;
pub use sex::Sex;

/// What is known of a person. Every field may be missing: a registration in the field often has a name and an age.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Demographics {
    /// Given names as written, with titles and spelling untouched; empty when unknown.
    pub given: String,
    /// Family names as written; empty when unknown. May hold the whole name where a form has one field.
    pub family: String,
    /// Date of birth with its precision.
    pub birth: Option<BirthDate>,
    /// Administrative sex, FHIR's four values.
    pub sex: Sex,
    /// Where the person lives.
    pub place: Place,
    /// Identifiers of other systems.
    pub identifiers: Vec<ExternalId>,
    /// Phone number as written; compared by its last digits.
    pub phone: Option<String>,
    /// The mother's full name, where a programme records it.
    pub mother: Option<String>,
    /// The household's number or code, where a programme records it.
    pub household: Option<String>,
}

/// Where a person lives, from the country down; every level may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Place {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// 3-letter health region or district code.
    pub region: String,
    /// District as written.
    pub district: String,
    /// Commune (or suburb, or postal area) as written.
    pub commune: String,
    /// Village or quarter as written.
    pub village: String,
}

/// An identifier that another system gave.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ExternalId {
    /// Who gave it: a URI or a short code ("dhis2", "cnam").
    pub system: String,
    /// The identifier itself, as written.
    pub value: String,
    /// Vouched for by an integration or a reviewer; never true for what an agent typed.
    pub verified: bool,
}
