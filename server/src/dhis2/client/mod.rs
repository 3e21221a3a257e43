//! Reading a DHIS2 server, 2.36 to 2.42 and later. Nothing here can write there: [`get`] holds the only thing that
//! sends, and it sends GET.
//!
//! A wrong name of a parameter is not refused by DHIS2 but ignored, so that a list comes back short and looks whole.
//! Each version is asked in its own words ([`Dialect`]), a list says its total on its first page, and who reads it
//! compares. What is not mapped is dropped before anyone sees it ([`people`]). Answers that are slow, giant, torn, from
//! somewhere else or no DHIS2 at all are errors with advice ([`ClientError`]); a server that keeps failing is left alone
//! for a while ([`Breaker`]).

mod address;
mod breaker;
mod dialect;
mod error;
mod get;
mod metadata;
mod people;

pub use address::{Base, Policy};
pub use breaker::{Breaker, Open};
pub use dialect::{Changes, Dialect, Version};
pub use error::ClientError;
pub use get::{Credentials, Limits};
pub use metadata::{Account, Attribute, Program, ServerInfo, Unit};
pub use people::{Enrollment, Page, Person};

use std::collections::HashSet;

use get::Getter;

/// A DHIS2 server that can be read.
pub struct Client {
    getter: Getter,
}

/// A list of people, as it is asked for.
#[derive(Debug, Clone)]
pub struct List<'a> {
    /// How this version is asked.
    pub dialect: Dialect,
    /// The program.
    pub program: &'a str,
    /// Organisation units at whose top the list begins.
    pub units: &'a [String],
    /// Everyone, or those who changed.
    pub changes: &'a Changes,
    /// People on a page.
    pub size: u32,
}

impl Client {
    /// A client of a server; nothing is sent yet.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(base: Base, credentials: Credentials, limits: Limits) -> Result<Self, ClientError> {
        Ok(Self {
            getter: Getter::new(base, credentials, limits)?,
        })
    }

    /// Version and clock of the server.
    pub async fn info(&self) -> Result<ServerInfo, ClientError> {
        let body = self.getter.get("api/system/info", &[]).await?;
        metadata::info(&body)
    }

    /// Whose credentials they are, and where they may read.
    pub async fn account(&self) -> Result<Account, ClientError> {
        let fields = "username,organisationUnits[id],teiSearchOrganisationUnits[id]";
        let body = self
            .getter
            .get("api/me", &[("fields", fields.to_owned())])
            .await?;
        metadata::account(&body)
    }

    /// Tracker programs that the account may see, with their attributes.
    pub async fn programs(&self) -> Result<Vec<Program>, ClientError> {
        let fields = "id,code,displayName,programType,access[data[read,write]],\
                      programTrackedEntityAttributes[mandatory,trackedEntityAttribute[id,code,displayName,valueType,\
                      optionSet[id,name]]]";
        let parameters = [("fields", fields.to_owned()), ("paging", "false".to_owned())];
        let body = self.getter.get("api/programs", &parameters).await?;
        let sets = [("fields", "id,name".to_owned()), ("paging", "false".to_owned())];
        let sets = self.getter.get("api/optionSets", &sets).await?;
        metadata::programs(&body, &sets)
    }

    /// All organisation units that the account may see.
    pub async fn units(&self) -> Result<Vec<Unit>, ClientError> {
        let parameters = [
            ("fields", "id,name,path".to_owned()),
            ("paging", "false".to_owned()),
        ];
        let body = self.getter.get("api/organisationUnits", &parameters).await?;
        metadata::units(&body)
    }

    /// A page of a list, from 1; it has the list's total. Attributes that are not in `mapped` are dropped.
    pub async fn people(
        &self,
        list: &List<'_>,
        page: u32,
        mapped: &HashSet<String>,
    ) -> Result<Page, ClientError> {
        let mut parameters = list.dialect.people(list.program, list.units, list.changes);
        parameters.extend([
            ("fields", people::FIELDS.to_owned()),
            ("pageSize", list.size.to_string()),
            ("page", page.to_string()),
            ("totalPages", "true".to_owned()),
        ]);
        let path = "api/tracker/trackedEntities";
        let body = self.getter.get(path, &parameters).await?;
        people::read(&body, list.program, mapped)
    }
}

#[cfg(test)]
mod tests;
