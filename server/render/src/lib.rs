//! Draws cards and codes; knows no database and no network.
#![deny(missing_docs)]

pub mod logo;
pub mod pdf;
pub mod qr;
pub mod zip;
