//! What the bits of a card's code are before it is read.
//!
//! Every card begins with the same characters and has the same CBOR around its key name, dates, token and signature
//! (see [`crate::card::payload`]), and the words after its end are padding. A code's first block is mostly known, its
//! last in part: damage there costs nothing.

use data_encoding::BASE32_NOPAD;

use super::blocks::{CERTAIN, Word};
use crate::card::key::Kid;
use crate::card::payload::LENGTH;
use crate::card::text::Host;

/// The 45 characters of alphanumeric mode and of Base45.
pub const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// The known bits of the data codewords of a code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    bits: Vec<Option<bool>>,
}

/// The bytes of a payload that are the same on every card.
fn payload(kid: Option<Kid>) -> [Option<u8>; LENGTH] {
    let mut bytes = [None; LENGTH];
    let mut set = |start: usize, known: &[u8]| {
        for (offset, &byte) in known.iter().enumerate() {
            bytes[start + offset] = Some(byte);
        }
    };
    set(0, &[0x84, 0x49, 0xa2, 0x01, 0x27, 0x04, 0x44]);
    if let Some(kid) = kid {
        set(7, &kid.0);
    }
    set(11, &[0xa0, 0x58, 0x1f, 0xa3, 0x04, 0x1a]);
    set(21, &[0x06, 0x1a]);
    set(27, &[0x07, 0x50]);
    set(45, &[0x58, 0x40]);
    bytes
}

impl Known {
    /// Of the compact form, in a code that holds `capacity` data codewords.
    pub fn compact(kid: Option<Kid>, capacity: usize) -> Self {
        let mut characters: Vec<_> = b"TRG1:".iter().map(|&c| Some(c)).collect();
        for pair in payload(kid).chunks(2) {
            let known: Option<Vec<u8>> = pair.iter().copied().collect();
            match known {
                Some(bytes) => characters.extend(base45::encode(&bytes).bytes().map(Some)),
                None => characters.extend(std::iter::repeat_n(None, pair.len() + 1)),
            }
        }
        Self::text(&characters, capacity)
    }

    /// Of the link form with a host.
    pub fn link(host: &Host, kid: Option<Kid>, capacity: usize) -> Self {
        let prefix = format!("HTTPS://{}/C/", host.as_str());
        let mut characters: Vec<_> = prefix.bytes().map(Some).collect();
        let payload = payload(kid);
        let filled = |fill: u8| payload.map(|byte| byte.unwrap_or(fill));
        let (low, high) = (
            BASE32_NOPAD.encode(&filled(0)),
            BASE32_NOPAD.encode(&filled(0xff)),
        );
        let known = low
            .bytes()
            .zip(high.bytes())
            .map(|(low, high)| (low == high).then_some(low));
        characters.extend(known);
        Self::text(&characters, capacity)
    }

    /// Of the link form with any host.
    pub fn any_link() -> Self {
        let mut known = Self::default();
        known.push(4, Some(0b0010));
        known.push(9, None);
        known.push_characters(&b"HTTPS://".map(Some));
        known
    }

    /// The known bit at a place of the data codewords, first bit first.
    pub fn bit(&self, at: usize) -> Option<bool> {
        self.bits.get(at).copied().flatten()
    }

    /// Bits up to the last known.
    pub fn len(&self) -> usize {
        self.bits.len()
    }

    /// Makes a word as certain as what is known of its bits, the first of which is the data's `start`th.
    pub fn set(&self, word: &mut Word, start: usize) {
        for (at, value) in word.bits.iter_mut().enumerate() {
            if let Some(bit) = self.bit(start + at) {
                *value = if bit { CERTAIN } else { -CERTAIN };
            }
        }
    }

    /// How well the known bits fit what was seen, −1 to 1.
    pub fn agreement(&self, words: &[Word], places: &[usize]) -> f32 {
        let (mut sum, mut all) = (0.0, 0.0);
        for at in 0..self.len() {
            let word = places.get(at / 8).and_then(|&place| words.get(place));
            if let (Some(bit), Some(word)) = (self.bit(at), word) {
                let value = word.bits[at % 8];
                sum += if bit { value } else { -value };
                all += value.abs();
            }
        }
        if all > 0.0 { sum / all } else { 0.0 }
    }

    /// How much is known: more bits that fit are more evidence.
    pub fn weight(&self) -> f32 {
        ((0..self.len()).filter(|&at| self.bit(at).is_some()).count() as f32).sqrt()
    }

    fn text(characters: &[Option<u8>], capacity: usize) -> Self {
        let mut known = Self::default();
        known.push(4, Some(0b0010));
        known.push(9, u32::try_from(characters.len()).ok());
        known.push_characters(characters);
        let rest = (8 * capacity).saturating_sub(known.bits.len());
        known.push(rest.min(4), Some(0));
        known.push((8 - known.bits.len() % 8) % 8, Some(0));
        for at in 0..capacity.saturating_sub(known.bits.len() / 8) {
            known.push(8, Some(if at % 2 == 0 { 0xec } else { 0x11 }));
        }
        known
    }

    fn push_characters(&mut self, characters: &[Option<u8>]) {
        for pair in characters.chunks(2) {
            let values: Option<Vec<u32>> = pair.iter().map(|&character| value(character?)).collect();
            let number = values.map(|values| values.iter().fold(0, |sum, value| sum * 45 + value));
            self.push(if pair.len() == 2 { 11 } else { 6 }, number);
        }
    }

    fn push(&mut self, count: usize, value: Option<u32>) {
        let bit = |at: usize| value.map(|value| value >> at & 1 == 1);
        self.bits.extend((0..count).rev().map(bit));
    }
}

fn value(character: u8) -> Option<u32> {
    let place = ALPHABET.iter().position(|&known| known == character)?;
    u32::try_from(place).ok()
}

/// The text of data codewords that hold one segment in alphanumeric mode, as every card does, followed by nothing but
/// padding; none if they hold anything else.
pub fn text_of(data: &[u8]) -> Option<String> {
    let mut at = 0;
    let mut take = |count: usize| {
        let bits =
            (at..at + count).map(|bit| data.get(bit / 8).map(|byte| u32::from(byte >> (7 - bit % 8) & 1)));
        at += count;
        bits.into_iter().try_fold(0, |value, bit| Some(value << 1 | bit?))
    };
    if take(4)? != 0b0010 {
        return None;
    }
    let count = take(9)? as usize;
    let mut text = String::with_capacity(count);
    for _ in 0..count / 2 {
        let pair = take(11)? as usize;
        text.push(char::from(*ALPHABET.get(pair / 45)?));
        text.push(char::from(ALPHABET[pair % 45]));
    }
    if count % 2 == 1 {
        text.push(char::from(*ALPHABET.get(take(6)? as usize)?));
    }
    let written: Vec<_> = text.bytes().map(Some).collect();
    let whole = Known::text(&written, data.len());
    let same = |at: usize| whole.bit(at) == Some(data[at / 8] >> (7 - at % 8) & 1 == 1);
    (0..8 * data.len()).all(same).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::text::Form;

    /// Data codewords of a text, by another library.
    fn words(text: &str, version: i16) -> Vec<u8> {
        let mut bits = qrcode::bits::Bits::new(qrcode::Version::Normal(version));
        bits.push_alphanumeric_data(text.as_bytes()).unwrap();
        bits.push_terminator(qrcode::EcLevel::M).unwrap();
        bits.into_bytes()
    }

    #[test]
    fn what_is_known_of_a_card_is_so_on_every_card() {
        let host = Host::new("v.example.org").unwrap();
        let kid = Kid([1, 2, 3, 4]);
        for fill in [0x00, 0x5a, 0xff] {
            let bytes = payload(Some(kid)).map(|byte| byte.unwrap_or(fill));
            let link = words(&Form::Url(host.clone()).write(&bytes), 8);
            let compact = words(&Form::Compact.write(&bytes), 7);
            for (known, words, least) in [
                (Known::compact(None, 124), &compact, 110),
                (Known::compact(Some(kid), 124), &compact, 180),
                (Known::link(&host, None, 154), &link, 300),
                (Known::link(&host, Some(kid), 154), &link, 330),
                (Known::any_link(), &link, 48),
            ] {
                let mut count = 0;
                for at in 0..known.len() {
                    if let Some(bit) = known.bit(at) {
                        assert_eq!(bit, words[at / 8] >> (7 - at % 8) & 1 == 1, "bit {at}");
                        count += 1;
                    }
                }
                assert!(count >= least, "{count} bits");
            }
            assert_eq!(text_of(&link), Some(Form::Url(host.clone()).write(&bytes)));
        }
    }

    #[test]
    fn words_that_hold_anything_else_have_no_text() {
        let mut data = words("TERANGA", 7);
        assert_eq!(text_of(&data).as_deref(), Some("TERANGA"));
        for bit in 0..8 * data.len() {
            data[bit / 8] ^= 0x80 >> (bit % 8);
            assert_ne!(text_of(&data).as_deref(), Some("TERANGA"));
            data[bit / 8] ^= 0x80 >> (bit % 8);
        }
        assert_eq!(text_of(&data[..5]), None);
        assert_eq!(text_of(&[]), None);
    }
}
