//! registry

mod status;

pub use status::{Freshness, Status, Statuses};
