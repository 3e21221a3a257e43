//! From data codewords to text: the segments of a code, each in a mode of its own (ISO/IEC 18004, clause 7.4).

use super::content::{Charset, Content};
use crate::decode::known::ALPHABET;

/// Sign between fields in codes of the GS1 system, where a percent sign stands in alphanumeric mode.
const GROUP_SEPARATOR: u8 = 0x1d;

/// What data codewords say; none where they are no segments or say nothing.
pub fn content(data: &[u8], version: u8) -> Option<Content> {
    let mut bits = Bits { data, at: 0 };
    let mut content = Content::default();
    let mut gs1 = false;
    // Fewer than four bits at the end are room, no mode.
    while let Some(mode) = bits.take(4) {
        match mode {
            0b0000 => break,
            0b0001 => numeric(&mut bits, version, &mut content)?,
            0b0010 => alphanumeric(&mut bits, version, gs1, &mut content)?,
            0b0100 => bytes(&mut bits, version, &mut content)?,
            0b1000 => kanji(&mut bits, version, &mut content)?,
            0b0111 => content.switch(Charset::of(designator(&mut bits)?)),
            // One of several codes that belong together: its place, their number, their parity.
            0b0011 => drop(bits.take(16)?),
            0b0101 => gs1 = true,
            0b1001 => {
                gs1 = true;
                application(bits.take(8)?, &mut content)?;
            }
            _ => return None,
        }
    }
    content.finished()
}

/// The bits of data codewords, first bit first.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// So many bits, at most 24, as a number.
    fn take(&mut self, count: usize) -> Option<u32> {
        let end = self.at + count;
        if end > 8 * self.data.len() {
            return None;
        }
        let bit = |at: usize| u32::from(self.data[at / 8] >> (7 - at % 8) & 1);
        let value = (self.at..end).fold(0, |value, at| value << 1 | bit(at));
        self.at = end;
        Some(value)
    }

    /// A count of characters; its width depends on the version (table 3).
    fn count(&mut self, version: u8, widths: [usize; 3]) -> Option<usize> {
        let class = usize::from(version > 9) + usize::from(version > 26);
        self.take(widths[class]).map(|count| count as usize)
    }
}

fn numeric(bits: &mut Bits<'_>, version: u8, content: &mut Content) -> Option<()> {
    let mut count = bits.count(version, [10, 12, 14])?;
    while count > 0 {
        let digits = count.min(3);
        let value = bits.take([4, 7, 10][digits - 1])?;
        if value >= 10_u32.pow(digits as u32) {
            return None;
        }
        content.push(format!("{value:0digits$}").as_bytes());
        count -= digits;
    }
    Some(())
}

fn alphanumeric(bits: &mut Bits<'_>, version: u8, gs1: bool, content: &mut Content) -> Option<()> {
    let count = bits.count(version, [9, 11, 13])?;
    let mut characters = Vec::with_capacity(count.min(2 * bits.data.len()));
    for at in (0..count).step_by(2) {
        let pair = at + 1 < count;
        let value = bits.take(if pair { 11 } else { 6 })? as usize;
        if pair {
            characters.push(*ALPHABET.get(value / 45)?);
        }
        characters.push(*ALPHABET.get(if pair { value % 45 } else { value })?);
    }
    if gs1 {
        characters = separated(&characters);
    }
    content.push(&characters);
    Some(())
}

/// In GS1's mode a percent sign ends a field, and two are one (clause 7.4.8.2).
fn separated(characters: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(characters.len());
    let mut rest = characters.iter().peekable();
    while let Some(&character) = rest.next() {
        let single = character == b'%' && rest.next_if(|&&next| next == b'%').is_none();
        out.push(if single { GROUP_SEPARATOR } else { character });
    }
    out
}

fn bytes(bits: &mut Bits<'_>, version: u8, content: &mut Content) -> Option<()> {
    for _ in 0..bits.count(version, [8, 16, 16])? {
        content.push(&[u8::try_from(bits.take(8)?).ok()?]);
    }
    Some(())
}

/// Characters of Shift JIS in thirteen bits each (clause 7.4.6).
fn kanji(bits: &mut Bits<'_>, version: u8, content: &mut Content) -> Option<()> {
    for _ in 0..bits.count(version, [8, 10, 12])? {
        let value = bits.take(13)?;
        let packed = ((value / 0xc0) << 8) | (value % 0xc0);
        let offset = if packed < 0x1f00 { 0x8140 } else { 0xc140 };
        content.push_kanji(u16::try_from(packed + offset).ok()?.to_be_bytes());
    }
    Some(())
}

/// The number of a character set in one to three bytes (clause 7.4.3.2).
fn designator(bits: &mut Bits<'_>) -> Option<u32> {
    let first = bits.take(8)?;
    match first {
        0x00..=0x7f => Some(first),
        0x80..=0xbf => Some((first & 0x3f) << 8 | bits.take(8)?),
        0xc0..=0xdf => Some((first & 0x1f) << 16 | bits.take(16)?),
        _ => None,
    }
}

/// Two digits or a letter that say which industry's rules hold (clause 7.4.8.3): they begin the text.
fn application(indicator: u32, content: &mut Content) -> Option<()> {
    match indicator {
        0..=99 => content.push(format!("{indicator:02}").as_bytes()),
        165..=190 | 197..=222 => content.push(&[u8::try_from(indicator - 100).ok()?]),
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use qrcode::bits::{Bits as Writer, ExtendedMode};
    use qrcode::{EcLevel, Version};

    use super::*;

    /// The content of what another library writes into a code.
    fn written(version: i16, write: impl FnOnce(&mut Writer)) -> Content {
        let mut writer = Writer::new(Version::Normal(version));
        write(&mut writer);
        writer.push_terminator(EcLevel::L).unwrap();
        content(&writer.into_bytes(), u8::try_from(version).unwrap()).unwrap()
    }

    #[test]
    fn segments_of_every_mode_follow_one_another() {
        for version in [5, 15, 30] {
            let said = written(version, |writer| {
                writer.push_numeric_data(b"0071234567").unwrap();
                writer.push_alphanumeric_data(b"CARD %/A").unwrap();
                writer.push_byte_data("N\u{2019}Diaye".as_bytes()).unwrap();
                writer.push_numeric_data(b"0").unwrap();
            });
            assert_eq!(said.text, "0071234567CARD %/AN\u{2019}Diaye0");
            assert_eq!(said.bytes, said.text.as_bytes());
        }
    }

    #[test]
    fn bytes_are_utf_8_or_what_the_code_says_or_latin_1() {
        let utf8 = written(2, |writer| {
            writer.push_byte_data("S\u{e9}dhiou".as_bytes()).unwrap()
        });
        assert_eq!(utf8.text, "S\u{e9}dhiou");
        let latin = written(2, |writer| writer.push_byte_data(b"S\xe9dhiou").unwrap());
        assert_eq!(
            (latin.text.as_str(), &latin.bytes[..]),
            ("S\u{e9}dhiou", &b"S\xe9dhiou"[..])
        );
        let named = written(2, |writer| {
            writer.push_eci_designator(3).unwrap();
            writer.push_byte_data(b"\xc3\xa9").unwrap();
            writer.push_eci_designator(26).unwrap();
            writer.push_byte_data(b"\xc3\xa9").unwrap();
        });
        assert_eq!(named.text, "\u{c3}\u{a9}\u{e9}");
    }

    #[test]
    fn kanji_keep_their_bytes() {
        // The example of the standard: two characters of Shift JIS.
        let said = written(2, |writer| writer.push_kanji_data(b"\x93\x5f\xe4\xaa").unwrap());
        assert_eq!(said.bytes, b"\x93\x5f\xe4\xaa");
        assert_eq!(said.text, "\u{fffd}\u{fffd}");
    }

    #[test]
    fn fields_of_gs1_are_separated() {
        let first = written(3, |writer| {
            writer.push_fnc1_first_position().unwrap();
            writer.push_alphanumeric_data(b"10A%%B%21C").unwrap();
        });
        assert_eq!(first.text, "10A%B\u{1d}21C");
        for (indicator, begins) in [(37, "37"), (b'a' + 100, "a")] {
            let second = written(3, |writer| {
                writer.push_fnc1_second_position(indicator).unwrap();
                writer.push_alphanumeric_data(b"X").unwrap();
            });
            assert_eq!(second.text, format!("{begins}X"));
        }
    }

    #[test]
    fn a_code_of_several_says_its_part() {
        // Mode 0011, second of four, parity 0xab; then the numeric segment "8".
        let data = [0x31, 0x3a, 0xb1, 0x00, 0x60, 0x00];
        assert_eq!(content(&data, 1).unwrap().text, "8");
        let mut writer = Writer::new(Version::Normal(1));
        writer
            .push_mode_indicator(ExtendedMode::StructuredAppend)
            .unwrap();
        assert_eq!(content(&writer.into_bytes(), 1), None, "a header that is cut off");
    }

    #[test]
    fn numbers_that_no_digits_have_are_refused() {
        // Numeric mode, one digit, value 15.
        assert_eq!(content(&[0x10, 0x07, 0xc0], 1), None);
        // Alphanumeric mode, one character, value 63.
        assert_eq!(content(&[0x20, 0x0f, 0xe0], 1), None);
        assert_eq!(content(&[], 1), None);
        assert_eq!(content(&[0x00, 0xec], 1), None, "a code that says nothing");
    }

    proptest! {
        #[test]
        fn any_codewords_end(data in proptest::collection::vec(any::<u8>(), 0..200), version in 1_u8..=40) {
            if let Some(content) = content(&data, version) {
                prop_assert!(!content.bytes.is_empty() && content.bytes.len() <= 3 * data.len());
            }
        }

        #[test]
        fn what_another_library_packs_is_unpacked(text in "[0-9]{0,20}[A-Z $%*+./:-]{0,20}\\PC{1,20}[0-9a-z]{0,9}") {
            let mut writer = Writer::new(Version::Normal(20));
            writer.push_optimal_data(text.as_bytes()).unwrap();
            writer.push_terminator(EcLevel::L).unwrap();
            let said = content(&writer.into_bytes(), 20).unwrap();
            prop_assert_eq!(said.bytes.len(), text.len());
            if text.is_ascii() {
                prop_assert_eq!(said.text, text);
            }
        }
    }
}
