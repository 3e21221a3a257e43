//! Bringing work to the server and knowledge back, over any network, from wherever it broke off.
//!
//! One [`run`](run::Line::run) does everything in the order in which it is needed most: a session, the packets, what the
//! server has to say, and the bundle, its lists first. It needs no PIN: packets were sealed when they were saved, and what
//! only the vault can open waits in the outbox's inbox. Every answer is checked before it changes anything: a signed
//! document by the trust list, a part by its hash. What the network makes of an answer (a login page with status 200, half
//! a body, another server) is an error that says so, and the next run goes on from the last thing that was safe.
//!
//! The network is a [`Transport`]. [`Http`] is the real one; tests have others that lose, cut, repeat and invent answers.

mod backoff;
mod bundle;
mod client;
mod downlink;
mod enroll;
mod error;
mod http;
mod identity;
mod observe;
mod programs;
mod push;
mod run;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod transport;

pub use backoff::{after_failures, after_success};
pub use enroll::{Enrollment, enroll, settle};
pub use error::SyncError;
pub use http::{Http, Network};
pub(crate) use identity::number;
pub use identity::{Identity, note};
pub use observe::{Cancel, Command, Nobody, Obey, Observer, Step, Summary};
pub use run::{Line, Phone, Shared};
pub use transport::{Method, NoNetwork, Request, Response, Transport, TransportError};
