//! A filter as CBOR: `[sections, sieve, judge]`.
//!
//! ```text
//! sections = bstr   5 bytes each, by ascending kid: the kid, then 255 (all revoked), 254 (none) or the sieve's bits
//! sieve    = judge = [ columns, words, seed, solution: bstr of ⌈columns / 8⌉ bytes, lowest bit first ]
//! ```
//! Reading it copies the solutions and allocates nothing else that the bytes do not pay for.

use super::ribbon::{Ribbon, Shape};
use super::{Filter, Rule};
use crate::card::cbor::{CborError, Reader, Writer};
use crate::card::key::Kid;

/// The most issuer keys in a filter: as many as a trust list holds.
pub const MAX_SECTIONS: usize = crate::card::trust::MAX_ENTRIES;

const SECTION_BYTES: usize = 5;
const MOST_BITS: u8 = 63;
const NONE: u8 = 254;
const ALL: u8 = 255;
const MAX_SOLUTION: usize = 32 << 20;

/// Why bytes are not a filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Not the CBOR that was expected.
    #[error("this is not a status filter: {0}")]
    Malformed(#[from] CborError),
    /// A value that no builder writes.
    #[error("this is not a status filter: its {0} is not valid")]
    Invalid(&'static str),
}

impl Filter {
    /// Appends the filter to a CBOR document.
    pub fn write(&self, writer: Writer) -> Writer {
        let sections: Vec<u8> = self.sections.iter().flat_map(section_bytes).collect();
        let writer = writer.array(3).bytes(&sections);
        write_ribbon(write_ribbon(writer, &self.sieve), &self.judge)
    }

    /// Reads a filter from a CBOR document.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, FilterError> {
        reader.array_of(3)?;
        let (chunks, rest) = reader
            .bytes(MAX_SECTIONS * SECTION_BYTES)?
            .as_chunks::<SECTION_BYTES>();
        let sections: Vec<(Kid, Rule)> = chunks.iter().map(section).collect::<Result<_, _>>()?;
        if !rest.is_empty() || !sections.is_sorted_by(|a, b| a.0 < b.0) {
            return Err(FilterError::Invalid("table of keys"));
        }
        Ok(Self {
            sections,
            sieve: read_ribbon(reader)?,
            judge: read_ribbon(reader)?,
        })
    }
}

fn section_bytes((kid, rule): &(Kid, Rule)) -> [u8; SECTION_BYTES] {
    let [a, b, c, d] = kid.0;
    let code = match rule {
        Rule::NoneRevoked => NONE,
        Rule::AllRevoked => ALL,
        Rule::Sieved(bits) => *bits,
    };
    [a, b, c, d, code]
}

fn section(&[a, b, c, d, code]: &[u8; SECTION_BYTES]) -> Result<(Kid, Rule), FilterError> {
    let rule = match code {
        NONE => Rule::NoneRevoked,
        ALL => Rule::AllRevoked,
        0..=MOST_BITS => Rule::Sieved(code),
        _ => return Err(FilterError::Invalid("table of keys")),
    };
    Ok((Kid([a, b, c, d]), rule))
}

fn write_ribbon(writer: Writer, ribbon: &Ribbon) -> Writer {
    let Shape { columns, words, seed } = ribbon.shape();
    let writer = writer
        .array(4)
        .unsigned(columns.into())
        .unsigned(words.into())
        .unsigned(seed.into());
    writer.bytes(&ribbon.to_bytes())
}

fn read_ribbon(reader: &mut Reader<'_>) -> Result<Ribbon, FilterError> {
    reader.array_of(4)?;
    let columns = reader.unsigned_32()?;
    let mut small = |what| u8::try_from(reader.unsigned()?).map_err(|_| FilterError::Invalid(what));
    let (words, seed) = (small("band")?, small("seed")?);
    let solution = reader.bytes(MAX_SOLUTION)?;
    Ribbon::from_bytes(Shape { columns, words, seed }, solution).ok_or(FilterError::Invalid("layout"))
}
