//! Organizations, and what they run: programs, the campaigns of programs, and the areas in which they work.
//!
//! Every row of the server belongs to one organization. New organizations are made on the server's own terminal, by
//! whoever has the machine, and by nobody over the network.

mod area;
mod campaign;
mod device;
mod organisation;
mod program;

pub use area::{KnownArea, add_area, areas};
pub use campaign::{Campaign, NewCampaign, add_campaign, campaigns};
pub use device::{Device, DeviceState, add_device, devices, revoke_device};
pub use organisation::{
    NewOrganisation, Organisation, add_organisation, organisation, organisations, rename_organisation,
};
pub use program::{NewProgram, Program, add_program, close_program, program, programs};

use crate::db::DbError;

/// Why an organization, a program, an area or a campaign could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrgError {
    /// The database's own.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A value that cannot be.
    #[error("{0}")]
    Refused(&'static str),
}

/// A code: what people and programs call something by.
fn check_code(code: &str) -> Result<(), OrgError> {
    let fine = (1..=40).contains(&code.len())
        && code
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !code.starts_with('-')
        && !code.ends_with('-');
    fine.then_some(()).ok_or(OrgError::Refused(
        "a code has 1 to 40 small letters, digits and hyphens, such as malaria-2026",
    ))
}

fn check_name(name: &str) -> Result<(), OrgError> {
    let fine = !name.trim().is_empty() && name.chars().count() <= 200 && !name.chars().any(char::is_control);
    fine.then_some(()).ok_or(OrgError::Refused(
        "a name has 1 to 200 characters, none of them a control character",
    ))
}

#[cfg(test)]
mod tests;
