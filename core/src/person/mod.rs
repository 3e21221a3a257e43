//! What is known of a person, as an agent typed it or DHIS2 sent it: nothing is compared here, nothing is judged.

mod birth;
mod mpi_id;
mod phone;
mod sex;

pub use birth::{BirthDate, BirthDateError, DateOrder, MAX_AGE};
pub use mpi_id::{GenerateError, MpiId, MpiIdError, Part, UnknownPlace};
pub use phone::phone_digits;
pub use sex::{Sex, SexError};

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
    /// Phone number as written; compared by its [`phone_digits`].
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_of_a_person_is_stable() {
        let person = Demographics {
            given: "Awa".into(),
            family: "Ndiaye".into(),
            birth: Some(BirthDate::Year(1990)),
            sex: Sex::Female,
            place: Place {
                country: "SN".into(),
                region: "DKR".into(),
                ..Place::default()
            },
            identifiers: vec![ExternalId {
                system: "dhis2".into(),
                value: "dfkGaIi9V2s".into(),
                verified: true,
            }],
            phone: Some("77 000 00 00".into()),
            mother: None,
            household: None,
        };
        insta::assert_json_snapshot!(person, @r#"
        {
          "given": "Awa",
          "family": "Ndiaye",
          "birth": "1990",
          "sex": "female",
          "place": {
            "country": "SN",
            "region": "DKR",
            "district": "",
            "commune": "",
            "village": ""
          },
          "identifiers": [
            {
              "system": "dhis2",
              "value": "dfkGaIi9V2s",
              "verified": true
            }
          ],
          "phone": "77 000 00 00",
          "mother": null,
          "household": null
        }
        "#);
        let json = serde_json::to_string(&person).unwrap();
        assert_eq!(serde_json::from_str::<Demographics>(&json).unwrap(), person);
    }
}
