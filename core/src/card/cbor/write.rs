//! Writing. The caller writes map keys in the order of their encodings.

/// Appends items in core deterministic encoding.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// An empty writer.
    pub fn new() -> Self {
        Self::default()
    }

    /// The bytes written.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }

    /// An unsigned integer.
    pub fn unsigned(self, value: u64) -> Self {
        self.head(0, value)
    }

    /// A signed integer.
    pub fn integer(self, value: i64) -> Self {
        match u64::try_from(value) {
            Ok(value) => self.head(0, value),
            Err(_) => self.head(1, !value as u64),
        }
    }

    /// A byte string.
    pub fn bytes(self, bytes: &[u8]) -> Self {
        self.head(2, bytes.len() as u64).raw(bytes)
    }

    /// A text.
    pub fn text(self, text: &str) -> Self {
        self.head(3, text.len() as u64).raw(text.as_bytes())
    }

    /// The start of an array; its items follow.
    pub fn array(self, items: usize) -> Self {
        self.head(4, items as u64)
    }

    /// The start of a map; its keys and values follow, keys in ascending order of their encodings.
    pub fn map(self, entries: usize) -> Self {
        self.head(5, entries as u64)
    }

    /// A null.
    pub fn null(self) -> Self {
        self.raw(&[0xf6])
    }

    /// Bytes that are encoded already.
    pub fn raw(mut self, encoded: &[u8]) -> Self {
        self.0.extend_from_slice(encoded);
        self
    }

    fn head(mut self, major: u8, argument: u64) -> Self {
        let major = major << 5;
        let bytes = argument.to_be_bytes();
        match argument {
            0..=23 => self.0.push(major | bytes[7]),
            24..=0xff => self.0.extend([major | 24, bytes[7]]),
            0x100..=0xffff => self = self.raw(&[major | 25]).raw(&bytes[6..]),
            0x1_0000..=0xffff_ffff => self = self.raw(&[major | 26]).raw(&bytes[4..]),
            _ => self = self.raw(&[major | 27]).raw(&bytes),
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Reader;
    use super::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back_and_equals_what_another_library_writes(
            unsigned: u64,
            signed: i64,
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            text in ".{0,40}",
        ) {
            let ours = Writer::new()
                .array(5)
                .unsigned(unsigned)
                .integer(signed)
                .bytes(&bytes)
                .text(&text)
                .null()
                .finish();
            let mut theirs = Vec::new();
            let value = (unsigned, signed, ciborium::Value::Bytes(bytes.clone()), &text, ());
            ciborium::into_writer(&value, &mut theirs).unwrap();
            prop_assert_eq!(&ours[..ours.len() - 1], &theirs[..ours.len() - 1]);

            let mut reader = Reader::new(&ours);
            reader.array_of(5).unwrap();
            prop_assert_eq!(reader.unsigned().unwrap(), unsigned);
            prop_assert_eq!(reader.integer().unwrap(), signed);
            prop_assert_eq!(reader.bytes(300).unwrap(), &bytes[..]);
            prop_assert_eq!(reader.text(300).unwrap(), text);
            prop_assert!(reader.null());
            prop_assert_eq!(reader.end(), Ok(()));
        }
    }
}
