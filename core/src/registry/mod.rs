//! registry

mod ids;
mod status;

pub use ids::{Handle, IdRecord, Ids};
pub use status::{Freshness, Status, Statuses};
