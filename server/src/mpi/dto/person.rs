//! A person as forms have it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use teranga_core::clock;
use teranga_core::person::{BirthDate, DateOrder, Demographics, ExternalId, Place, Sex};
use teranga_core::places::Places;
use utoipa::ToSchema;

use crate::input::{Faults, Validate};
use crate::problem::Problem;

/// Longest text of a field, in characters.
const LONGEST: usize = 200;

/// What is known of a person. Every field may be missing, but one of the names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PersonForm {
    /// Given names, as written.
    #[schema(example = "Fatou", max_length = 200)]
    pub first_name: String,
    /// Family names, as written. May hold the whole name.
    #[schema(example = "Diallo", max_length = 200)]
    pub last_name: String,
    /// A day, a month or a year: `1990-05-03`, `1990-05` or `1990`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "1990-05-03", max_length = 40)]
    pub date_of_birth: Option<String>,
    /// Administrative sex: female, male, other or unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "female", max_length = 40)]
    pub sex: Option<String>,
    /// Country, by ISO 3166-1 code or name; where it is missing, the organization's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "SN", max_length = 200)]
    pub country: Option<String>,
    /// Health region, by its three letters or its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "DKR", max_length = 200)]
    pub region: Option<String>,
    /// District, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Pikine", max_length = 200)]
    pub district: Option<String>,
    /// Commune, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Pikine Est", max_length = 200)]
    pub commune: Option<String>,
    /// Village or quarter, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub village: Option<String>,
    /// Phone number, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "77 123 45 67", max_length = 200)]
    pub phone: Option<String>,
    /// The mother's full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub mother_name: Option<String>,
    /// The household's number or code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub household: Option<String>,
    /// Identifiers that other systems gave.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    pub external_ids: Vec<ExternalIdForm>,
}

/// An identifier that another system gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalIdForm {
    /// Which system: a URI or a short code.
    #[schema(example = "dhis2", min_length = 1, max_length = 200)]
    pub system: String,
    /// The identifier, as written.
    #[schema(example = "dfkGaIi9V2s", min_length = 1, max_length = 200)]
    pub value: String,
    /// Whether an integration or a reviewer vouches for it. Only those may say so.
    #[serde(default)]
    pub verified: bool,
}

/// Changes of a record (RFC 7396): what is missing stays, what is null is removed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(value_type = PersonForm)]
pub struct PersonPatch(pub Map<String, Value>);

impl Validate for PersonPatch {}

impl Validate for PersonForm {
    fn check(&self, faults: &mut Faults) {
        self.check_at("", faults);
    }
}

impl PersonForm {
    /// Notes the fields that are not as they should be; the form stands at a place of the body.
    pub(super) fn check_at(&self, place: &str, faults: &mut Faults) {
        let texts = [
            ("first_name", Some(&self.first_name)),
            ("last_name", Some(&self.last_name)),
            ("date_of_birth", self.date_of_birth.as_ref()),
            ("sex", self.sex.as_ref()),
            ("country", self.country.as_ref()),
            ("region", self.region.as_ref()),
            ("district", self.district.as_ref()),
            ("commune", self.commune.as_ref()),
            ("village", self.village.as_ref()),
            ("phone", self.phone.as_ref()),
            ("mother_name", self.mother_name.as_ref()),
            ("household", self.household.as_ref()),
        ];
        for (name, text) in texts {
            let fine = text.is_none_or(|text| is_text(text));
            let asked = "at most 200 characters, none of them a control character";
            faults.demand(fine, &format!("{place}/{name}"), asked);
        }
        let named = !self.first_name.trim().is_empty() || !self.last_name.trim().is_empty();
        faults.demand(named, &format!("{place}/first_name"), "a first or a last name");
        let few = self.external_ids.len() <= 20;
        faults.demand(few, &format!("{place}/external_ids"), "at most 20");
        for (at, one) in self.external_ids.iter().enumerate() {
            faults.demand_text(&one.system, LONGEST, &format!("{place}/external_ids/{at}/system"));
            faults.demand_text(&one.value, LONGEST, &format!("{place}/external_ids/{at}/value"));
        }
    }
}

pub(super) fn is_text(text: &str) -> bool {
    text.chars().count() <= LONGEST && !text.chars().any(char::is_control)
}

/// A date of birth as a form has it.
pub(in crate::mpi) fn birth(text: Option<&str>, pointer: &str) -> Result<Option<BirthDate>, Problem> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    let parsed = text.map(|text| BirthDate::parse(text, DateOrder::DayFirst, clock::today()));
    parsed
        .transpose()
        .map_err(|error| Problem::field(pointer, error.to_string()))
}

impl PersonForm {
    /// The person of a form that stands at a place of the body; `country` is the organization's, `vouches` says whether whoever sends it may vouch for
    /// identifiers.
    pub(in crate::mpi) fn person(
        &self,
        at: &str,
        country: &str,
        vouches: bool,
    ) -> Result<Demographics, Problem> {
        let sex = Sex::parse(self.sex.as_deref().unwrap_or_default())
            .map_err(|error| Problem::field(&format!("{at}/sex"), error.to_string()))?;
        let external = |one: &ExternalIdForm| ExternalId {
            system: one.system.trim().to_owned(),
            value: one.value.trim().to_owned(),
            verified: one.verified && vouches,
        };
        Ok(Demographics {
            given: self.first_name.trim().to_owned(),
            family: self.last_name.trim().to_owned(),
            birth: birth(self.date_of_birth.as_deref(), &format!("{at}/date_of_birth"))?,
            sex,
            place: self.place(at, country)?,
            identifiers: self.external_ids.iter().map(external).collect(),
            phone: filled(&self.phone),
            mother: filled(&self.mother_name),
            household: filled(&self.household),
        })
    }

    /// Codes of country and region, since both stand in the MPI id and rights are scoped by them.
    fn place(&self, at: &str, country: &str) -> Result<Place, Problem> {
        let places = Places::builtin();
        let written = filled(&self.country).unwrap_or_else(|| country.to_owned());
        let known = places.country(&written);
        let country = known.map(|country| country.alpha2.clone()).ok_or_else(|| {
            Problem::field(
                &format!("{at}/country"),
                "a country of Africa, by its two letters or its name",
            )
        })?;
        let region = filled(&self.region).ok_or_else(|| {
            Problem::field(
                &format!("{at}/region"),
                "the health region: it stands in the MPI id",
            )
        })?;
        let code = places.region(&country, &region).map(|region| region.code.clone());
        let has_list = places.regions(&country).next().is_some();
        let is_code = region.len() == 3 && region.bytes().all(|byte| byte.is_ascii_alphabetic());
        let code = code.or_else(|| (!has_list && is_code).then(|| region.to_ascii_uppercase()));
        Ok(Place {
            region: code.ok_or_else(|| {
                Problem::field(
                    &format!("{at}/region"),
                    "a health region of the country, by its three letters or its name",
                )
            })?,
            country,
            district: filled(&self.district).unwrap_or_default(),
            commune: filled(&self.commune).unwrap_or_default(),
            village: filled(&self.village).unwrap_or_default(),
        })
    }
}

fn filled(text: &Option<String>) -> Option<String> {
    text.as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

impl From<&Demographics> for PersonForm {
    fn from(person: &Demographics) -> Self {
        let known = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let place = &person.place;
        let external = |one: &ExternalId| ExternalIdForm {
            system: one.system.clone(),
            value: one.value.clone(),
            verified: one.verified,
        };
        Self {
            first_name: person.given.clone(),
            last_name: person.family.clone(),
            date_of_birth: person.birth.map(|birth| birth.to_string()),
            sex: serde_word(&person.sex),
            country: known(&place.country),
            region: known(&place.region),
            district: known(&place.district),
            commune: known(&place.commune),
            village: known(&place.village),
            phone: person.phone.clone(),
            mother_name: person.mother.clone(),
            household: person.household.clone(),
            external_ids: person.identifiers.iter().map(external).collect(),
        }
    }
}

/// The word that a value is written as.
pub(super) fn serde_word(value: &impl Serialize) -> Option<String> {
    serde_json::to_value(value).ok()?.as_str().map(str::to_owned)
}

impl PersonPatch {
    /// The form with the changes in it.
    pub(in crate::mpi) fn applied(&self, form: &PersonForm) -> Result<PersonForm, Problem> {
        let Ok(Value::Object(mut fields)) = serde_json::to_value(form) else {
            return Err(Problem::internal("a form that is no object"));
        };
        for (name, value) in &self.0 {
            if value.is_null() {
                fields.remove(name);
            } else {
                fields.insert(name.clone(), value.clone());
            }
        }
        let names = self
            .0
            .keys()
            .next()
            .map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1")));
        let form: PersonForm = serde_json::from_value(Value::Object(fields)).map_err(|_| {
            Problem::field(
                names.as_deref().unwrap_or("/"),
                "fields of a person, as POST /mpi/register takes them",
            )
        })?;
        crate::input::check(&form)?;
        Ok(form)
    }
}
