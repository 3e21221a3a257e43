//! Reading.

/// How deep arrays and maps may nest; our deepest format uses four levels.
const MAX_DEPTH: u8 = 8;

/// Why bytes are not the deterministic CBOR that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CborError {
    /// The bytes end in the middle of an item.
    #[error("the data is cut short")]
    Truncated,
    /// Bytes follow the last item.
    #[error("there are bytes after the end of the data")]
    TrailingBytes,
    /// An item of indefinite length, or a reserved length.
    #[error("an item has an indefinite or reserved length")]
    IndefiniteLength,
    /// An integer or length that could have been written shorter.
    #[error("a number is written longer than needed")]
    NotShortest,
    /// A map holds the same key twice.
    #[error("a map holds the same key twice")]
    DuplicateKey,
    /// A map's keys are not in ascending order of their encodings.
    #[error("a map's keys are out of order")]
    KeysOutOfOrder,
    /// Nested deeper than any of our formats.
    #[error("the data is nested too deeply")]
    TooDeep,
    /// Another type than the format has at this place.
    #[error("expected {0}")]
    Expected(&'static str),
    /// Longer, or more items, than the format allows.
    #[error("the data is longer than its format allows")]
    TooLong,
    /// Text that is not UTF-8.
    #[error("a text is not UTF-8")]
    NotUtf8,
}

/// Reads items one after the other from a slice.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

/// The keys of a map that is being read, checked for order and repetition.
#[derive(Debug)]
pub struct Keys<'a> {
    left: u64,
    last: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader at the start of the bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Fails unless every byte has been read.
    pub fn end(&self) -> Result<(), CborError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(CborError::TrailingBytes)
        }
    }

    /// An unsigned integer.
    pub fn unsigned(&mut self) -> Result<u64, CborError> {
        self.expect(0, "an unsigned integer")
    }

    /// An unsigned integer that fits 32 bits.
    pub fn unsigned_32(&mut self) -> Result<u32, CborError> {
        u32::try_from(self.unsigned()?).map_err(|_| CborError::TooLong)
    }

    /// A signed integer.
    pub fn integer(&mut self) -> Result<i64, CborError> {
        let (major, argument) = self.head()?;
        let magnitude = i64::try_from(argument).map_err(|_| CborError::TooLong)?;
        match major {
            0 => Ok(magnitude),
            1 => Ok(-1 - magnitude),
            _ => Err(CborError::Expected("an integer")),
        }
    }

    /// A byte string of at most `most` bytes.
    pub fn bytes(&mut self, most: usize) -> Result<&'a [u8], CborError> {
        let length = self.expect(2, "a byte string")?;
        self.take(length, most)
    }

    /// A byte string of exactly `N` bytes.
    pub fn fixed<const N: usize>(&mut self) -> Result<[u8; N], CborError> {
        self.bytes(N)?
            .try_into()
            .map_err(|_| CborError::Expected("a byte string of another length"))
    }

    /// A text of at most `most` bytes.
    pub fn text(&mut self, most: usize) -> Result<&'a str, CborError> {
        let length = self.expect(3, "a text")?;
        std::str::from_utf8(self.take(length, most)?).map_err(|_| CborError::NotUtf8)
    }

    /// The number of items of an array, at most `most`. The items follow.
    pub fn array(&mut self, most: usize) -> Result<usize, CborError> {
        let items = self.expect(4, "an array")?;
        usize::try_from(items)
            .ok()
            .filter(|&items| items <= most)
            .ok_or(CborError::TooLong)
    }

    /// Fails unless an array of exactly `items` items follows.
    pub fn array_of(&mut self, items: usize) -> Result<(), CborError> {
        if self.array(items)? == items {
            Ok(())
        } else {
            Err(CborError::Expected("an array of another length"))
        }
    }

    /// The keys of a map of at most `most` entries.
    pub fn map(&mut self, most: u64) -> Result<Keys<'a>, CborError> {
        let left = self.expect(5, "a map")?;
        if left > most {
            Err(CborError::TooLong)
        } else {
            Ok(Keys { left, last: &[] })
        }
    }

    /// Reads a null if one follows; otherwise reads nothing and says false.
    pub fn null(&mut self) -> bool {
        let found = self.rest.first() == Some(&0xf6);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    /// Passes over one item of any kind, checking its form.
    pub fn skip(&mut self) -> Result<(), CborError> {
        self.skip_at(0)
    }

    fn skip_at(&mut self, depth: u8) -> Result<(), CborError> {
        if depth == MAX_DEPTH {
            return Err(CborError::TooDeep);
        }
        let before = self.clone();
        let (major, argument) = self.head()?;
        match major {
            0 | 1 => Ok(()),
            2 => self.take(argument, usize::MAX).map(drop),
            3 => std::str::from_utf8(self.take(argument, usize::MAX)?)
                .map(drop)
                .map_err(|_| CborError::NotUtf8),
            4 => (0..argument).try_for_each(|_| self.skip_at(depth + 1)),
            5 => {
                let mut keys = Keys {
                    left: argument,
                    last: &[],
                };
                while keys.advance(self, depth + 1)? {
                    self.skip_at(depth + 1)?;
                }
                Ok(())
            }
            7 if matches!(before.rest[0], 0xf4..=0xf6) => Ok(()),
            _ => Err(CborError::Expected("no tag, float or other simple value")),
        }
    }

    /// A major type and its argument in the shortest form.
    fn head(&mut self) -> Result<(u8, u64), CborError> {
        let (&first, rest) = self.rest.split_first().ok_or(CborError::Truncated)?;
        self.rest = rest;
        let (size, least) = match first & 0x1f {
            direct @ 0..=23 => return Ok((first >> 5, u64::from(direct))),
            24 => (1, 24),
            25 => (2, 1 << 8),
            26 => (4, 1 << 16),
            27 => (8, 1 << 32),
            _ => return Err(CborError::IndefiniteLength),
        };
        let argument = self
            .take(size, 8)?
            .iter()
            .fold(0, |value, &byte| value << 8 | u64::from(byte));
        if argument < least {
            Err(CborError::NotShortest)
        } else {
            Ok((first >> 5, argument))
        }
    }

    fn expect(&mut self, major: u8, what: &'static str) -> Result<u64, CborError> {
        match self.head()? {
            (found, argument) if found == major => Ok(argument),
            _ => Err(CborError::Expected(what)),
        }
    }

    fn take(&mut self, length: u64, most: usize) -> Result<&'a [u8], CborError> {
        let length = usize::try_from(length).map_err(|_| CborError::Truncated)?;
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(CborError::Truncated)?;
        if length > most {
            return Err(CborError::TooLong);
        }
        self.rest = rest;
        Ok(taken)
    }
}

impl<'a> Keys<'a> {
    /// The next key when it is an integer; other keys are passed over with their values. None after the last.
    pub fn next_integer(&mut self, reader: &mut Reader<'a>) -> Result<Option<i64>, CborError> {
        loop {
            let before = reader.clone();
            if !self.advance(reader, 0)? {
                return Ok(None);
            }
            match before.clone().integer() {
                Ok(key) => return Ok(Some(key)),
                Err(_) => reader.skip()?,
            }
        }
    }

    /// Passes over the next key, checking its place; says false after the last.
    fn advance(&mut self, reader: &mut Reader<'a>, depth: u8) -> Result<bool, CborError> {
        if self.left == 0 {
            return Ok(false);
        }
        self.left -= 1;
        let before = reader.rest;
        reader.skip_at(depth)?;
        let key = &before[..before.len() - reader.rest.len()];
        let last = std::mem::replace(&mut self.last, key);
        match last.cmp(key) {
            std::cmp::Ordering::Less => Ok(true),
            std::cmp::Ordering::Equal => Err(CborError::DuplicateKey),
            std::cmp::Ordering::Greater => Err(CborError::KeysOutOfOrder),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn skip(bytes: &[u8]) -> Result<(), CborError> {
        let mut reader = Reader::new(bytes);
        reader.skip()?;
        reader.end()
    }

    #[test]
    fn each_way_of_not_being_deterministic_has_its_name() {
        for (bytes, error) in [
            (&b""[..], CborError::Truncated),
            (b"\x43ab", CborError::Truncated),
            (b"\x01\x02", CborError::TrailingBytes),
            (b"\x5f\x41a\xff", CborError::IndefiniteLength),
            (b"\x9f\x01\xff", CborError::IndefiniteLength),
            (b"\x1c", CborError::IndefiniteLength),
            (b"\x18\x17", CborError::NotShortest),
            (b"\x19\x00\xff", CborError::NotShortest),
            (b"\x1b\x00\x00\x00\x00\xff\xff\xff\xff", CborError::NotShortest),
            (b"\xa2\x01\x01\x01\x02", CborError::DuplicateKey),
            (b"\xa2\x02\x01\x01\x02", CborError::KeysOutOfOrder),
            (b"\x81\x81\x81\x81\x81\x81\x81\x81\x81\x01", CborError::TooDeep),
            (b"\x61\xff", CborError::NotUtf8),
            (
                b"\xd2\x01",
                CborError::Expected("no tag, float or other simple value"),
            ),
        ] {
            assert_eq!(skip(bytes), Err(error), "{bytes:02x?}");
        }
    }

    #[test]
    fn a_huge_announced_length_is_refused_without_allocating() {
        assert_eq!(
            skip(b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff"),
            Err(CborError::Truncated)
        );
        assert_eq!(
            skip(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff"),
            Err(CborError::Truncated)
        );
        assert_eq!(
            Reader::new(b"\x9a\x00\x01\x00\x00").array(20).err(),
            Some(CborError::TooLong)
        );
    }

    #[test]
    fn unknown_keys_are_passed_over() {
        let mut reader = Reader::new(b"\xa3\x01\x02\x20\x80\x61x\xf5");
        let mut keys = reader.map(8).unwrap();
        assert_eq!(keys.next_integer(&mut reader), Ok(Some(1)));
        reader.skip().unwrap();
        assert_eq!(keys.next_integer(&mut reader), Ok(Some(-1)));
        reader.skip().unwrap();
        assert_eq!(keys.next_integer(&mut reader), Ok(None));
        assert_eq!(reader.end(), Ok(()));
    }

    proptest! {
        #[test]
        fn any_bytes_end_in_a_result(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let accepted = skip(&bytes).is_ok();
            let peer: Result<ciborium::Value, _> = ciborium::from_reader(&bytes[..]);
            prop_assert!(!accepted || peer.is_ok(), "what is accepted here is CBOR for others too");
        }
    }
}
