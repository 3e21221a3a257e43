//! Card Studio: what cards look like, tried out before any is made.
//!
//! A [`DesignForm`] is a template with its changes and which of a person's data stand on it. It is drawn by the same
//! engine, at the same resolution, as the cards of a campaign ([`preview`]), kept under a code ([`store`]), and taken out
//! and brought in as YAML or JSON ([`exchange`]). What is wrong with one is said by the name of the line.

mod data;
mod exchange;
mod form;
pub mod preview;
pub mod routes;
mod schema;
mod store;
#[cfg(test)]
mod tests;

pub use data::{Printed, printed, sample};
pub use exchange::{Language, read, write};
pub use form::{Attribute, DesignForm, Field};
pub use preview::{Side, draw};
pub use schema::schema;
pub use store::{Design, StudioError, design, designs, layout, remove, save, save_logo};
