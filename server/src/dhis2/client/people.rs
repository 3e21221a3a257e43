//! A page of people. What is not mapped ends here: 2.40 hands out another program's attributes, HIV status among them.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;
use teranga_core::sensitive::Sensitive;

use super::ClientError;
use super::metadata::{is_uid, read as read_json};

/// What is asked for of a person.
pub(super) const FIELDS: &str = "trackedEntity,updatedAt,orgUnit,deleted,attributes[attribute,value],\
                                 enrollments[enrollment,program,status,enrolledAt,orgUnit,deleted]";

/// Longest value of an attribute that is kept, in bytes.
const LONGEST: usize = 10_000;

/// A page of a list.
#[derive(Debug)]
pub struct Page {
    /// The people.
    pub people: Vec<Person>,
    /// How many the whole list has, as the server says.
    pub total: u64,
}

/// A tracked entity as it is in a program.
#[derive(Debug, Clone)]
pub struct Person {
    /// Its UID.
    pub uid: String,
    /// When it was changed, on the server's clock.
    pub updated: String,
    /// Where it was registered.
    pub unit: String,
    /// Whether it was deleted.
    pub deleted: bool,
    /// Values of mapped attributes, by UID.
    pub attributes: BTreeMap<String, Sensitive<String>>,
    /// Enrollments in the program.
    pub enrollments: Vec<Enrollment>,
}

/// An enrollment.
#[derive(Debug, Clone)]
pub struct Enrollment {
    /// Its UID.
    pub uid: String,
    /// ACTIVE, COMPLETED or CANCELLED.
    pub status: String,
    /// The day and time of enrollment.
    pub enrolled: String,
    /// Where.
    pub unit: String,
    /// Whether it was deleted.
    pub deleted: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(alias = "trackedEntities")]
    instances: Vec<WrittenPerson>,
    total: Option<u64>,
    pager: Option<Pager>,
}

#[derive(Deserialize)]
struct Pager {
    total: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenPerson {
    tracked_entity: String,
    #[serde(default)]
    updated_at: String,
    #[serde(default)]
    org_unit: String,
    #[serde(default)]
    deleted: bool,
    #[serde(default)]
    attributes: Vec<WrittenAttribute>,
    #[serde(default)]
    enrollments: Vec<WrittenEnrollment>,
}

#[derive(Deserialize)]
struct WrittenAttribute {
    attribute: String,
    value: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenEnrollment {
    enrollment: String,
    program: Option<String>,
    #[serde(default)]
    status: String,
    #[serde(default)]
    enrolled_at: String,
    #[serde(default)]
    org_unit: String,
    #[serde(default)]
    deleted: bool,
}

/// Reads a page and drops what is not mapped and what is of another program.
pub(super) fn read(body: &[u8], program: &str, mapped: &HashSet<String>) -> Result<Page, ClientError> {
    let answer: Answer = read_json(body)?;
    // A list without its total cannot be checked, and a server that was asked for it gives it.
    let total = answer.pager.and_then(|pager| pager.total).or(answer.total);
    let total = total.ok_or(ClientError::NotDhis2)?;
    let people = answer
        .instances
        .into_iter()
        .filter(|one| is_uid(&one.tracked_entity));
    Ok(Page {
        people: people.map(|one| one.read(program, mapped)).collect(),
        total,
    })
}

impl WrittenPerson {
    fn read(self, program: &str, mapped: &HashSet<String>) -> Person {
        let value = |one: WrittenAttribute| {
            let value = one.value?.trim().to_owned();
            let is_kept = mapped.contains(&one.attribute) && !value.is_empty() && value.len() <= LONGEST;
            is_kept.then(|| (one.attribute, Sensitive::new(value)))
        };
        let enrollment = |one: WrittenEnrollment| {
            let is_own = one.program.as_deref().is_none_or(|its| its == program) && is_uid(&one.enrollment);
            is_own.then_some(Enrollment {
                uid: one.enrollment,
                status: one.status,
                enrolled: one.enrolled_at,
                unit: one.org_unit,
                deleted: one.deleted,
            })
        };
        Person {
            uid: self.tracked_entity,
            updated: self.updated_at,
            unit: self.org_unit,
            deleted: self.deleted,
            attributes: self.attributes.into_iter().filter_map(value).collect(),
            enrollments: self.enrollments.into_iter().filter_map(enrollment).collect(),
        }
    }
}
