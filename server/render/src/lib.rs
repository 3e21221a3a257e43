//! Draws cards and codes; knows no database and no network.
#![deny(missing_docs)]

pub mod qr;
