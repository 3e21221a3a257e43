//! What becomes of each attribute: a part of the person, a field of the card, or something that is kept sealed.
//!
//! A mapping names an attribute by its code or its display name and is resolved to the UID when it is saved, so that a
//! renamed attribute stays mapped; what is called otherwise by now is shown as drift. What the guard finds sensitive can
//! only be kept: it never becomes a part of the person and never stands on a card.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use sea_orm::ConnectionTrait;
use teranga_core::guard::{self, Category, Finding, Guard};

use super::Dhis2Error;
use super::client::{Attribute, Program};
use super::dto::GuardWord;
use crate::access::Actor;
use crate::audit;
use crate::db::{Db, DbError, Tx, sql};
use crate::spreadsheet::columns::folded;
use crate::spreadsheet::roles::{Role, USUAL};

/// What an attribute becomes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum CardField {
    /// A part of what is known of the person.
    Person(Part),
    /// A field that cards may show, by its own name.
    Shown(String),
    /// Kept sealed, for nobody's eyes by default.
    Kept,
}

/// A part of what is known of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Given names.
    Given,
    /// Family names.
    Family,
    /// Both in one.
    FullName,
    /// Date of birth.
    Birth,
    /// Sex.
    Sex,
    /// Phone number.
    Phone,
    /// The mother's name.
    Mother,
    /// The household.
    Household,
    /// Health region, where the organisation unit does not say it.
    Region,
    /// District.
    District,
    /// Commune.
    Commune,
    /// Village or quarter.
    Village,
    /// A number of another register.
    Identifier,
}

const PARTS: [(Part, &str); 13] = [
    (Part::Given, "first_name"),
    (Part::Family, "last_name"),
    (Part::FullName, "full_name"),
    (Part::Birth, "date_of_birth"),
    (Part::Sex, "sex"),
    (Part::Phone, "phone"),
    (Part::Mother, "mother_name"),
    (Part::Household, "household"),
    (Part::Region, "region"),
    (Part::District, "district"),
    (Part::Commune, "commune"),
    (Part::Village, "village"),
    (Part::Identifier, "external_id"),
];

/// A word that is no field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a card field is first_name, last_name, full_name, date_of_birth, sex, phone, mother_name, household, region, district, \
     commune, village, external_id, kept (sealed, never shown), or a name of your own in small letters, digits and _"
)]
pub struct CardFieldError;

impl FromStr for CardField {
    type Err = CardFieldError;

    fn from_str(text: &str) -> Result<Self, CardFieldError> {
        if text == "kept" {
            return Ok(Self::Kept);
        }
        if let Some((part, _)) = PARTS.iter().find(|(_, name)| *name == text) {
            return Ok(Self::Person(*part));
        }
        let is_name = (1..=40).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if is_name {
            Ok(Self::Shown(text.to_owned()))
        } else {
            Err(CardFieldError)
        }
    }
}

impl fmt::Display for CardField {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Kept => "kept",
            Self::Shown(name) => name,
            Self::Person(part) => PARTS
                .iter()
                .find(|(one, _)| one == part)
                .map_or("", |(_, name)| name),
        };
        out.write_str(name)
    }
}

/// A mapped attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// The attribute's UID.
    pub attribute: String,
    /// Its code when it was mapped.
    pub code: String,
    /// Its name when it was mapped.
    pub name: String,
    /// What it becomes.
    pub field: CardField,
    /// Of the seven categories, and why.
    pub sensitive: Option<(Category, String)>,
}

/// The mappings of a program, by attribute.
pub type Mappings = BTreeMap<String, Mapped>;

/// What the guard finds in an attribute, the gravest first.
pub fn findings(guard: &Guard, attribute: &Attribute) -> Vec<Finding> {
    guard.findings(&guard::Attribute {
        code: &attribute.code,
        name: &attribute.name,
        option_set: &attribute.option_set,
    })
}

/// Whether being in a program says something by itself.
pub fn program_findings(guard: &Guard, program: &Program) -> Vec<Finding> {
    guard.findings(&guard::Attribute {
        code: &program.code,
        name: &program.name,
        option_set: "",
    })
}

/// What an attribute is probably for, from its name and its code; nothing for what the guard finds.
pub fn suggestion(guard: &Guard, attribute: &Attribute) -> Option<CardField> {
    if !findings(guard, attribute).is_empty() {
        return None;
    }
    let name = folded(&attribute.name);
    let is_identifier = [
        "nationalid",
        "numeronational",
        "numerodidentite",
        "nin",
        "cni",
        "bilhetedeidentidade",
    ]
    .iter()
    .any(|usual| name.starts_with(usual));
    if is_identifier || attribute.code.ends_with("_NIN") {
        return Some(CardField::Person(Part::Identifier));
    }
    let exact = USUAL.iter().find(|(_, usual)| usual.contains(&name.as_str()));
    let begins = || {
        let fits = |(role, usual): &(Role, &'static [&'static str])| {
            let longest = usual
                .iter()
                .filter(|word| word.len() >= 5 && name.starts_with(**word));
            longest.map(|word| word.len()).max().map(|length| (length, *role))
        };
        USUAL
            .iter()
            .filter_map(fits)
            .max_by_key(|(length, _)| *length)
            .map(|(_, role)| role)
    };
    let role = exact.map(|(role, _)| *role).or_else(begins)?;
    part_of(role).map(CardField::Person)
}

fn part_of(role: Role) -> Option<Part> {
    Some(match role {
        Role::Given => Part::Given,
        Role::Family => Part::Family,
        Role::FullName => Part::FullName,
        Role::Birth => Part::Birth,
        Role::Sex => Part::Sex,
        Role::Region => Part::Region,
        Role::District => Part::District,
        Role::Commune => Part::Commune,
        Role::Village => Part::Village,
        Role::Phone => Part::Phone,
        Role::Mother => Part::Mother,
        Role::Household => Part::Household,
        _ => return None,
    })
}

/// Resolves what was asked for: an attribute's code or display name, and its field.
///
/// # Errors
/// [`Dhis2Error::Mapping`] with what is wrong: no such attribute, two of one name, a field that two share, or a sensitive
/// attribute that is to be shown.
pub fn resolve(
    guard: &Guard,
    program: &Program,
    wanted: &[(String, CardField)],
) -> Result<Mappings, Dhis2Error> {
    let mut mappings = Mappings::new();
    for (called, field) in wanted {
        let by_code = program
            .attributes
            .iter()
            .filter(|one| !one.code.is_empty() && one.code == *called);
        let by_name = program
            .attributes
            .iter()
            .filter(|one| one.name == *called || one.uid == *called);
        let mut found: Vec<&Attribute> = by_code.collect();
        if found.is_empty() {
            found = by_name.collect();
        }
        let [attribute] = found[..] else {
            return Err(Dhis2Error::Mapping(if found.is_empty() {
                "the program has no attribute of this code or display name; GET /dhis2/programmes lists them"
            } else {
                "the program has two attributes of this display name; map them by code"
            }));
        };
        let finding = findings(guard, attribute).into_iter().next();
        if finding.is_some() && *field != CardField::Kept {
            return Err(Dhis2Error::Mapping(
                "this attribute is sensitive: it can only be mapped to \"kept\", where it stays sealed and is never shown",
            ));
        }
        let taken = |one: &Mapped| one.field == *field && *field != CardField::Kept;
        if mappings.values().any(taken) || mappings.contains_key(&attribute.uid) {
            return Err(Dhis2Error::Mapping(
                "an attribute or a card field is mapped twice",
            ));
        }
        let mapped = Mapped {
            attribute: attribute.uid.clone(),
            code: attribute.code.clone(),
            name: attribute.name.clone(),
            field: field.clone(),
            sensitive: finding.map(|finding| (finding.category, finding.to_string())),
        };
        mappings.insert(attribute.uid.clone(), mapped);
    }
    let has = |part| mappings.values().any(|one| one.field == CardField::Person(part));
    if !(has(Part::Given) || has(Part::Family) || has(Part::FullName)) {
        return Err(Dhis2Error::Mapping(
            "people need a name: map an attribute to first_name, last_name or full_name",
        ));
    }
    Ok(mappings)
}

/// Mappings whose attributes are called otherwise by now, or are gone.
pub fn drift(mappings: &Mappings, program: &Program) -> Vec<String> {
    let told = |mapped: &Mapped| {
        let now = program.attributes.iter().find(|one| one.uid == mapped.attribute);
        match now {
            None => Some(format!("{} is gone from the program", mapped.name)),
            Some(now) if now.name != mapped.name || now.code != mapped.code => {
                Some(format!("{} is called {} by now", mapped.name, now.name))
            }
            Some(_) => None,
        }
    };
    mappings.values().filter_map(told).collect()
}

/// Writes mappings in the place of earlier ones.
pub(super) async fn write(tx: &Tx, programme: i64, mappings: &Mappings) -> Result<(), DbError> {
    let delete = "DELETE FROM dhis2_mappings WHERE programme = $1";
    sql::run(tx, delete, [programme.into()]).await?;
    let insert = format!(
        "INSERT INTO dhis2_mappings (programme, attribute, code, name, card_field, category, reason) \
         SELECT CAST($2 AS BIGINT), {}, {}, {}, {}, {}, {} FROM {}",
        sql::text(0),
        sql::text(1),
        sql::text(2),
        sql::text(3),
        sql::text(4),
        sql::text(5),
        sql::rows(tx.get_database_backend(), 1)
    );
    let row = |one: &Mapped| {
        let (category, reason) = match &one.sensitive {
            Some((category, reason)) => (Some(category.name()), Some(reason)),
            None => (None, None),
        };
        serde_json::json!([
            one.attribute,
            one.code,
            one.name,
            one.field.to_string(),
            category,
            reason
        ])
    };
    let rows: Vec<_> = mappings.values().map(row).collect();
    sql::run(tx, &insert, [sql::table(&rows), programme.into()]).await?;
    // Who was read under other mappings is read again.
    let again = "UPDATE dhis2_programmes SET since = NULL WHERE id = $1";
    sql::run(tx, again, [programme.into()]).await?;
    let forget = "UPDATE dhis2_members SET digest = 0 WHERE programme = $1";
    sql::run(tx, forget, [programme.into()]).await?;
    let stop = "UPDATE dhis2_runs SET state = 'failed' WHERE programme = $1 AND state = 'stopped'";
    sql::run(tx, stop, [programme.into()]).await?;
    Ok(())
}

/// The mappings of a program.
pub async fn mappings<C: ConnectionTrait>(connection: &C, programme: i64) -> Result<Mappings, DbError> {
    const SELECT: &str = "SELECT attribute, code, name, card_field, category, reason FROM dhis2_mappings \
         WHERE programme = $1 ORDER BY attribute";
    let damaged = |_| DbError::Corrupt("a mapping does not read".to_owned());
    let mut mappings = Mappings::new();
    for row in sql::all(connection, SELECT, [programme.into()]).await? {
        let attribute: String = row.try_get_by_index(0)?;
        let category: Option<String> = row.try_get_by_index(4)?;
        let category = category.and_then(|name| Category::of_name(&name));
        let reason: Option<String> = row.try_get_by_index(5)?;
        let mapped = Mapped {
            attribute: attribute.clone(),
            code: row.try_get_by_index(1)?,
            name: row.try_get_by_index(2)?,
            field: row.try_get_by_index::<String>(3)?.parse().map_err(damaged)?,
            sensitive: category.zip(reason),
        };
        mappings.insert(attribute, mapped);
    }
    Ok(mappings)
}

/// The guard with the words of an organization.
pub async fn guard_of<C: ConnectionTrait>(connection: &C, organisation: i64) -> Result<Guard, DbError> {
    const SELECT: &str = "SELECT category, pattern FROM guard_words WHERE organisation = $1 ORDER BY id";
    let mut guard = Guard::default();
    for row in sql::all(connection, SELECT, [organisation.into()]).await? {
        let (category, pattern): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let damaged = || DbError::Corrupt("a word of the guard does not read".to_owned());
        let category = Category::of_name(&category).ok_or_else(damaged)?;
        guard.add(category, &pattern).map_err(|_| damaged())?;
    }
    Ok(guard)
}

/// Words that an organization added, in the order in which it did.
pub(super) async fn added_words<C: ConnectionTrait>(
    connection: &C,
    organisation: i64,
) -> Result<Vec<GuardWord>, DbError> {
    const SELECT: &str = "SELECT category, pattern FROM guard_words WHERE organisation = $1 ORDER BY id";
    let damaged = || DbError::Corrupt("a word of the guard does not read".to_owned());
    let rows = sql::all(connection, SELECT, [organisation.into()]).await?;
    let word = |row: &sea_orm::QueryResult| {
        let category: String = row.try_get_by_index(0)?;
        Ok(GuardWord {
            category: Category::of_name(&category).ok_or_else(damaged)?,
            pattern: row.try_get_by_index(1)?,
        })
    };
    rows.iter().map(word).collect()
}

/// Adds a word. Whatever is mapped and found by it is only kept from now on.
pub(super) async fn add_word(db: &Db, actor: &Actor, word: &GuardWord) -> Result<(), DbError> {
    let (actor, word) = (actor.clone(), word.clone());
    db.write(move |tx| {
        Box::pin(async move {
            const INSERT: &str = "INSERT INTO guard_words (organisation, category, pattern, added, added_by) \
                 VALUES ($1, $2, $3, $4, $5)";
            let row = [
                actor.organisation.into(),
                word.category.name().into(),
                word.pattern.trim().into(),
                actor.at.into(),
                actor.name().into(),
            ];
            sql::run(tx, INSERT, row).await?;
            keep_what_it_finds(tx, actor.organisation).await?;
            audit::record(tx, &actor.entry("guard.add", "guard")).await?;
            Ok(())
        })
    })
    .await
}

/// Marks mapped attributes as sensitive that the guard finds by now.
async fn keep_what_it_finds(tx: &Tx, organisation: i64) -> Result<(), DbError> {
    const MAPPED: &str = "SELECT m.programme, m.attribute, m.code, m.name FROM dhis2_mappings m \
         JOIN dhis2_programmes p ON p.id = m.programme WHERE p.organisation = $1 AND m.category IS NULL";
    const MARK: &str = "UPDATE dhis2_mappings SET card_field = 'kept', category = $1, reason = $2 \
         WHERE programme = $3 AND attribute = $4";
    let guard = guard_of(tx, organisation).await?;
    for row in sql::all(tx, MAPPED, [organisation.into()]).await? {
        let (code, name): (String, String) = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
        let found = guard.findings(&guard::Attribute {
            code: &code,
            name: &name,
            option_set: "",
        });
        if let Some(finding) = found.first() {
            let programme: i64 = row.try_get_by_index(0)?;
            let values = [
                finding.category.name().into(),
                finding.to_string().into(),
                programme.into(),
                row.try_get_by_index::<String>(1)?.into(),
            ];
            sql::run(tx, MARK, values).await?;
            // Everyone is sealed anew, with what it finds among what is kept.
            let again = "UPDATE dhis2_programmes SET since = NULL WHERE id = $1";
            sql::run(tx, again, [programme.into()]).await?;
            let forget = "UPDATE dhis2_members SET digest = 0 WHERE programme = $1";
            sql::run(tx, forget, [programme.into()]).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(code: &str, name: &str) -> Attribute {
        Attribute {
            uid: format!("{:0>11}", code.len() + name.len() * 17),
            code: code.into(),
            name: name.into(),
            option_set: String::new(),
            value_type: "TEXT".into(),
            mandatory: false,
        }
    }

    #[test]
    fn names_in_three_languages_suggest_what_they_are_for() {
        let guard = Guard::default();
        let said = |name: &str| {
            suggestion(&guard, &attribute("", name)).map_or_else(String::new, |field| field.to_string())
        };
        let expected = [
            ("Prénom(s)", "first_name"),
            ("Nom de famille", "last_name"),
            ("Date de naissance", "date_of_birth"),
            ("Sexe", "sex"),
            ("Numéro national d'identification", "external_id"),
            ("Téléphone", "phone"),
            ("Commune", "commune"),
            ("Village ou quartier", "village"),
            ("Nom de la mère", "mother_name"),
            ("First name", "first_name"),
            ("Date of birth", "date_of_birth"),
            ("Primeiro nome", "first_name"),
            ("Apelido", "last_name"),
            ("Data de nascimento", "date_of_birth"),
            ("Telefone", "phone"),
            ("Nome da mãe", "mother_name"),
            ("Nome completo", "full_name"),
            ("Poids (kg)", ""),
            ("Statut sérologique VIH", ""),
        ];
        for (name, field) in expected {
            assert_eq!(said(name), field, "{name}");
        }
    }

    #[test]
    fn a_field_is_read_back_as_it_was_written_and_others_are_refused() {
        for text in ["first_name", "external_id", "kept", "blood_group"] {
            assert_eq!(text.parse::<CardField>().unwrap().to_string(), text);
        }
        for text in ["", "First", "1a", "a b", "a-b", &"a".repeat(41)] {
            assert_eq!(text.parse::<CardField>(), Err(CardFieldError), "{text}");
        }
    }

    #[test]
    fn a_sensitive_attribute_can_only_be_kept() {
        let program = Program {
            uid: "bbXEAJVOUDi".into(),
            code: String::new(),
            name: "PTME".into(),
            can_write: false,
            attributes: vec![
                attribute("NAM", "Prénom"),
                attribute("VIH", "Statut"),
                attribute("", "Poids"),
            ],
        };
        let guard = Guard::default();
        let mapped = |wanted: &[(&str, &str)]| {
            let wanted: Vec<_> = wanted
                .iter()
                .map(|(called, field)| ((*called).to_owned(), field.parse().unwrap()))
                .collect();
            resolve(&guard, &program, &wanted)
        };
        let fine = mapped(&[("NAM", "first_name"), ("VIH", "kept"), ("Poids", "weight")]).unwrap();
        assert_eq!(fine.values().filter(|one| one.sensitive.is_some()).count(), 1);
        for wrong in [
            &[("NAM", "first_name"), ("VIH", "weight")][..],
            &[("NAM", "first_name"), ("Poids", "first_name")],
            &[("NAM", "first_name"), ("X", "weight")],
            &[("Poids", "weight")],
        ] {
            assert!(mapped(wrong).is_err(), "{wrong:?}");
        }
        assert!(!program_findings(&guard, &program).is_empty(), "PTME says it");
        let mut renamed = program.clone();
        renamed.attributes[2].name = "Poids (kg)".into();
        renamed.attributes.remove(0);
        assert_eq!(drift(&fine, &renamed).len(), 2);
    }
}
