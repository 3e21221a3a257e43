//! The brain of Teranga: one implementation for the phone, the server and the browser.
//!
//! Two journeys run through it, and the modules stand in the order in which they are met:
//!
//! - **Scan**: a camera frame becomes the text of a code ([`decode`]), the text becomes a parsed card ([`card`]), which
//!   is held against the trust list and the status registry ([`registry`]) and ends in a verdict ([`verify`]).
//! - **Register**: what was typed ([`person`]) is normalized ([`names`]) and compared with everyone already known
//!   ([`matching`]), so that a duplicate is seen before it is saved, and goes to the server as a sealed fact ([`wire`]).
//!
//! Everything here is pure: values, clocks and randomness come in as arguments. Only [`clock`] reads the time, only
//! [`ids`] reads randomness. A module imports only from modules that stand before it:
//! `clock ids sensitive ← places ← person ← names ← matching ← card ← registry ← verify
//! ← wallet ← guard ← wire ← decode`, and with the feature `device` the phone's own:
//! `store ← outbox ← {scan, find, register, sync, relay} ← session ← engine`.
#![deny(missing_docs)]
#![forbid(unsafe_op_in_unsafe_fn)]

pub mod clock;
pub mod ids;
pub mod sensitive;

pub mod places;

pub mod person;

pub mod names;

pub mod matching;

pub mod card;

pub mod registry;

pub mod verify;

pub mod wallet;

pub mod guard;

pub mod wire;

pub mod decode;

#[cfg(feature = "device")]
pub mod store;

#[cfg(feature = "device")]
pub mod outbox;

#[cfg(feature = "device")]
pub mod scan;

#[cfg(feature = "device")]
pub mod find;

#[cfg(feature = "device")]
pub mod register;

#[cfg(feature = "device")]
pub mod sync;

#[cfg(feature = "device")]
pub mod relay;

#[cfg(feature = "device")]
pub mod session;

#[cfg(feature = "device")]
pub mod engine;
