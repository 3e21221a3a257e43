//! Whoever asks.

use std::net::IpAddr;

use super::{Area, Role};
use crate::audit::Entry;

/// A role in an area.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// Where: a country, a region or a district, such as SN, SN/DKR or SN/DKR/Pikine; nothing: everywhere.
    #[serde(default)]
    #[schema(value_type = String, example = "SN/DKR", max_length = 100)]
    pub area: Area,
}

/// Which kind of asker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A person who signed in, in a session.
    User {
        /// The row of the person.
        id: i64,
        /// The row of the session.
        session: i64,
    },
    /// An integration, by the row of its token.
    Token(i64),
    /// A person on a phone, by what the phone signed: they showed it a PIN.
    Device {
        /// The row of the phone.
        device: i64,
        /// The row of the person.
        user: i64,
    },
    /// Whoever has the machine: the command line.
    Console,
}

/// Whoever asks: in which organization, with which rights. Made by the extractor, or for the command line.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The organization.
    pub organisation: i64,
    /// Which kind.
    pub who: Who,
    /// Roles in areas.
    pub grants: Vec<Grant>,
    /// A person whose second factor was checked. Integrations have none and need none.
    pub has_second_factor: bool,
    /// A person whose password somebody else chose.
    pub must_change_password: bool,
    /// When the request came, in milliseconds since 1970.
    pub at: i64,
    /// The address that the request came from. Personal: it goes into the audit's private half, never into a log.
    pub address: Option<IpAddr>,
    /// The name of the request.
    pub request: Option<String>,
}

impl Actor {
    /// The command line, on behalf of an organization.
    pub fn console(organisation: i64, at: i64) -> Self {
        Self {
            organisation,
            who: Who::Console,
            grants: vec![Grant {
                role: Role::PlatformAdmin,
                area: Area::whole(),
            }],
            has_second_factor: true,
            must_change_password: false,
            at,
            address: None,
            request: None,
        }
    }

    /// Who it is, as rows of the audit and facts say it: `user:7`, `token:3`, `device:12/user:7`, `console`. Not personal by itself.
    pub fn name(&self) -> String {
        match self.who {
            Who::User { id, .. } => format!("user:{id}"),
            Who::Token(id) => format!("token:{id}"),
            Who::Device { device, user } => format!("device:{device}/user:{user}"),
            Who::Console => "console".to_owned(),
        }
    }

    /// An audit row of what the actor does, with the address in its private half.
    pub fn entry(&self, action: &'static str, target: impl Into<String>) -> Entry {
        let entry = Entry::new(Some(self.organisation), self.at, self.name(), action, target);
        match self.address {
            Some(address) => entry.with_private("address", address.to_string()),
            None => entry,
        }
    }

    /// The roles, each once.
    pub fn roles(&self) -> Vec<Role> {
        let mut roles: Vec<Role> = self.grants.iter().map(|grant| grant.role).collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }
}
