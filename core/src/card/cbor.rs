//! The part of CBOR that our formats use, read strictly: RFC 8949 §4.2.1, core deterministic encoding.
//!
//! One value has one encoding, so a signature over bytes is a signature over the value, and nothing can be smuggled in
//! by writing it differently. The reader therefore refuses indefinite lengths, integers that are longer than needed,
//! map keys out of order or twice, tags, floats and trailing bytes, each by name. It allocates nothing and its depth is
//! bounded, so any bytes may be given to it.

mod read;
mod write;

pub use read::{CborError, Keys, Reader};
pub use write::Writer;
