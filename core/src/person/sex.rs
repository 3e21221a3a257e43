//! Administrative sex.

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
