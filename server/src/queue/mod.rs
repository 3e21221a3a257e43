//! Slow work as jobs in a table, the same on both databases.
//!
//! A job is **enqueued** in the transaction of its cause ([`enqueue`]), so that neither is without the other. A worker
//! **claims** it under a lease that it renews while it works; a worker that dies loses its lease, and the job goes to
//! another. The job is **completed in the transaction of its results** ([`Lease::finish`]), which fails for whoever no
//! longer holds the lease: work may be done twice, effects happen once. A failure is tried again later, each time after a
//! longer pause; after the last try, or when trying is of no use, the job is dead and stays in the table with its reason,
//! and what it belongs to is told so in the same transaction ([`Work::given_up`]).
//!
//! A domain describes its jobs as types ([`Work`]) and registers them ([`Kinds`]); whoever runs workers
//! ([`Workers`], in `teranga serve` and in `teranga worker`) passes all of them. Schedules are rows of (schedule, tick):
//! any number of machines count the ticks, one of them writes the row.
//!
//! Workers wait for a bell: the process's own, and on PostgreSQL a notification from wherever a job was enqueued. A look
//! now and then finds what no bell told of.

mod backoff;
mod bell;
mod kinds;
mod lease;
mod metrics;
mod store;
mod tick;
mod work;
mod worker;

#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use bell::ring;
pub use kinds::Kinds;
pub use lease::Lease;
pub use metrics::{Depth, depth};
pub use store::{cancel, enqueue, revive};
pub use tick::{every, tick};
pub use work::{Failure, NewJob, Work};
pub use worker::{Outcome, Settings, Workers};

#[cfg(test)]
mod tests;
