//! The pool part: MPI ids reserved for this device, and the blank cards that it was given to hand out.
//!
//! `pool = [ version (1), [ MPI id ... ], [ [lot, serial] ... ] ]`

use crate::card::cbor::{Reader, Writer};
use crate::person::MpiId;

/// The longest part, bytes when opened.
pub const MAX_BYTES: u64 = 16 << 20;

const VERSION: u64 = 1;
const MOST: usize = 100_000;
const MAX_TEXT: usize = 64;

/// What a device may give out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pool {
    /// Reserved ids.
    pub ids: Vec<MpiId>,
    /// Lot and serial number of each blank card.
    pub blanks: Vec<(String, String)>,
}

impl Pool {
    /// The part's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let writer = Writer::new().array(3).unsigned(VERSION).array(self.ids.len());
        let writer = self
            .ids
            .iter()
            .fold(writer, |writer, id| writer.text(id.as_str()));
        let blanks = self.blanks.iter();
        let writer = writer.array(self.blanks.len());
        blanks
            .fold(writer, |writer, (lot, serial)| {
                writer.array(2).text(lot).text(serial)
            })
            .finish()
    }

    /// Reads the part's bytes; none when they are not a pool.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        reader.array_of(3).ok()?;
        let version = reader.unsigned().ok()?;
        let ids = (0..reader.array(MOST).ok()?).map(|_| MpiId::parse(reader.text(MAX_TEXT).ok()?).ok());
        let ids = ids.collect::<Option<_>>()?;
        let blank = |reader: &mut Reader<'_>| {
            reader.array_of(2).ok()?;
            Some((
                reader.text(MAX_TEXT).ok()?.to_owned(),
                reader.text(MAX_TEXT).ok()?.to_owned(),
            ))
        };
        let blanks = (0..reader.array(MOST).ok()?)
            .map(|_| blank(&mut reader))
            .collect::<Option<_>>()?;
        reader.end().ok()?;
        (version == VERSION).then_some(Self { ids, blanks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_reads_back_and_a_cut_one_does_not() {
        let pool = Pool {
            ids: vec![MpiId::parse("SN-DKR-26-9XQ7LM2A").unwrap()],
            blanks: vec![("LOT7".to_owned(), "000123".to_owned())],
        };
        let bytes = pool.to_bytes();
        assert_eq!(Pool::from_bytes(&bytes), Some(pool));
        assert!((0..bytes.len()).all(|cut| Pool::from_bytes(&bytes[..cut]).is_none()));
    }
}
