//! What a server says of itself, of the account, of its programs and of its organisation units.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{ClientError, Version};

/// A server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// Its version, as far as it matters.
    pub version: Version,
    /// Its version as it says it.
    pub version_text: String,
    /// Its clock, without an offset.
    pub date: String,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Organisation units at whose top it may read.
    pub units: Vec<String>,
}

/// A program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its UID.
    pub uid: String,
    /// Its code; many have none.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Whether the account could write there. It never does.
    pub can_write: bool,
    /// Attributes of its people.
    pub attributes: Vec<Attribute>,
}

/// An attribute of people in a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its UID.
    pub uid: String,
    /// Its code; many have none.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The name of its set of options.
    pub option_set: String,
    /// TEXT, DATE, PHONE_NUMBER, ...
    pub value_type: String,
    /// Whether everyone has one.
    pub mandatory: bool,
}

/// An organisation unit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Unit {
    /// Its UID.
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// UIDs from the root, with strokes before each.
    #[serde(default)]
    pub path: String,
}

/// JSON of another form is no DHIS2; JSON that ends early was cut off.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(body).map_err(|error| {
        if error.is_eof() || error.is_syntax() {
            ClientError::Torn
        } else {
            ClientError::NotDhis2
        }
    })
}

pub(super) fn info(body: &[u8]) -> Result<ServerInfo, ClientError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Info {
        version: String,
        server_date: String,
    }
    let info: Info = read(body)?;
    // A server of another time zone may write an offset, which its own lists do not have.
    let date = info.server_date.get(..23).unwrap_or(&info.server_date).to_owned();
    if date.parse::<jiff::civil::DateTime>().is_err() {
        return Err(ClientError::NotDhis2);
    }
    Ok(ServerInfo {
        version: Version::parse(&info.version)?,
        version_text: info.version,
        date,
    })
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

pub(super) fn account(body: &[u8]) -> Result<Account, ClientError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Me {
        #[serde(default)]
        organisation_units: Vec<Id>,
        #[serde(default)]
        tei_search_organisation_units: Vec<Id>,
    }
    let me: Me = read(body)?;
    let search = me.tei_search_organisation_units;
    let chosen = if search.is_empty() {
        me.organisation_units
    } else {
        search
    };
    let units: Vec<String> = chosen
        .into_iter()
        .map(|one| one.id)
        .filter(|id| is_uid(id))
        .collect();
    if units.is_empty() {
        return Err(ClientError::NoRight(200));
    }
    Ok(Account { units })
}

pub(super) fn programs(body: &[u8], option_sets: &[u8]) -> Result<Vec<Program>, ClientError> {
    #[derive(Deserialize)]
    struct Sets {
        #[serde(rename = "optionSets", default)]
        sets: Vec<Named>,
    }
    #[derive(Deserialize)]
    struct Named {
        id: String,
        #[serde(default)]
        name: String,
    }
    #[derive(Deserialize)]
    struct Programs {
        programs: Vec<Written>,
    }
    let sets: Sets = read(option_sets)?;
    let sets: HashMap<String, String> = sets.sets.into_iter().map(|set| (set.id, set.name)).collect();
    let found: Programs = read(body)?;
    let tracker = found.programs.into_iter().filter(|program| {
        program
            .program_type
            .as_deref()
            .is_none_or(|kind| kind == "WITH_REGISTRATION")
            && is_uid(&program.id)
    });
    Ok(tracker.map(|program| program.read(&sets)).collect())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    id: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    display_name: String,
    program_type: Option<String>,
    #[serde(default)]
    access: Access,
    #[serde(default)]
    program_tracked_entity_attributes: Vec<Held>,
}

#[derive(Deserialize, Default)]
struct Access {
    #[serde(default)]
    data: Data,
}

#[derive(Deserialize, Default)]
struct Data {
    #[serde(default)]
    write: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Held {
    #[serde(default)]
    mandatory: bool,
    tracked_entity_attribute: WrittenAttribute,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenAttribute {
    id: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    value_type: String,
    option_set: Option<Id>,
}

impl Written {
    fn read(self, sets: &HashMap<String, String>) -> Program {
        let attribute = |held: Held| {
            let one = held.tracked_entity_attribute;
            let set = one.option_set.and_then(|set| sets.get(&set.id).cloned());
            Attribute {
                uid: one.id,
                code: one.code,
                name: one.display_name,
                option_set: set.unwrap_or_default(),
                value_type: one.value_type,
                mandatory: held.mandatory,
            }
        };
        let attributes = self.program_tracked_entity_attributes;
        Program {
            uid: self.id,
            code: self.code,
            name: self.display_name,
            can_write: self.access.data.write,
            attributes: attributes.into_iter().map(attribute).collect(),
        }
    }
}

pub(super) fn units(body: &[u8]) -> Result<Vec<Unit>, ClientError> {
    #[derive(Deserialize)]
    struct Units {
        #[serde(rename = "organisationUnits")]
        units: Vec<Unit>,
    }
    let found: Units = read(body)?;
    Ok(found.units)
}

/// The form of DHIS2's identifiers: 11 letters and digits.
pub(super) fn is_uid(text: &str) -> bool {
    text.len() == 11 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
