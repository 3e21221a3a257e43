//! DHIS2, read and never written.
//!
//! [`client`] reads a server of any version from 2.36 and can send nothing but GET. [`replay`] is such a server, for
//! tests, benchmarks and the demo.

pub mod client;
pub mod replay;

#[cfg(test)]
pub(crate) mod testing;
