//! A prepared person as bytes: what a register keeps beside each record, so that a search reads no JSON and normalizes
//! nothing again.
//!
//! Bytes of another [`VERSION`] are not read: whoever keeps them prepares the person anew. The version changes with the
//! form and with every change of the tables or rules by which names, places and numbers are prepared.
//!
//! ```text
//! version · sex · given · family · mother · birth · region · district · commune · village · phone · household · identifiers
//! tokens:     count, then of each: flags (1 initial, 2 related), letter, group of related names (2), text
//! birth:      0, or 1 and the known day, or 2 and the first and last day (4 bytes each, days since 1970-01-01)
//! identifiers: count (2), then of each: system (8), verified, value
//! text:       length (1), bytes of UTF-8; numbers with the most significant byte first
//! ```

use super::fold;
use super::prepared::{
    MOST_TOKENS, PreparedBirth, PreparedIdentifier, PreparedPerson, PreparedPlace, PreparedToken,
    PreparedValue,
};
use crate::person::Sex;

/// The version that is written, and the only one that is read.
pub const VERSION: u8 = 1;

const SEXES: [Sex; 4] = [Sex::Female, Sex::Male, Sex::Other, Sex::Unknown];

/// Writes a prepared person, without rarities: they belong to a model and not to a person.
pub fn pack(person: &PreparedPerson) -> Vec<u8> {
    let mut out = vec![VERSION, person.sex as u8];
    for tokens in [&person.given, &person.family, &person.mother] {
        put_tokens(&mut out, tokens);
    }
    match &person.birth {
        None => out.push(0),
        Some(birth) if birth.day.is_some() => {
            out.push(1);
            out.extend(birth.first.to_be_bytes());
        }
        Some(birth) => {
            out.push(2);
            out.extend(birth.first.to_be_bytes());
            out.extend(birth.last.to_be_bytes());
        }
    }
    let place = &person.place;
    for value in [
        &place.region,
        &place.district,
        &place.commune,
        &place.village,
        &person.phone,
        &person.household,
    ] {
        put_text(&mut out, &value.text);
    }
    let identifiers = &person.identifiers[..person.identifiers.len().min(usize::from(u16::MAX))];
    out.extend((identifiers.len() as u16).to_be_bytes());
    for identifier in identifiers {
        out.extend(identifier.system.to_be_bytes());
        out.push(u8::from(identifier.verified));
        put_text(&mut out, &identifier.value.text);
    }
    out
}

/// Reads what [`pack`] wrote; `None` for another version and for bytes that are damaged.
pub fn unpack(bytes: &[u8]) -> Option<PreparedPerson> {
    let mut from = Reader(bytes);
    if from.byte()? != VERSION {
        return None;
    }
    let sex = *SEXES.get(usize::from(from.byte()?))?;
    let (given, family, mother) = (from.tokens()?, from.tokens()?, from.tokens()?);
    let birth = match from.byte()? {
        0 => None,
        1 => Some(PreparedBirth::on(from.day()?)),
        2 => Some(PreparedBirth::between(from.day()?, from.day()?)),
        _ => return None,
    };
    let place = PreparedPlace {
        region: from.value()?,
        district: from.value()?,
        commune: from.value()?,
        village: from.value()?,
    };
    let (phone, household) = (from.value()?, from.value()?);
    let count = u16::from_be_bytes(from.array()?);
    let identifiers = (0..count).map(|_| from.identifier()).collect::<Option<_>>()?;
    from.0.is_empty().then_some(PreparedPerson {
        given,
        family,
        birth,
        sex,
        place,
        identifiers,
        phone,
        mother,
        household,
    })
}

fn put_tokens(out: &mut Vec<u8>, tokens: &[PreparedToken]) {
    let tokens = &tokens[..tokens.len().min(MOST_TOKENS)];
    out.push(tokens.len() as u8);
    for token in tokens {
        out.push(u8::from(token.initial) | u8::from(token.related.is_some()) << 1);
        out.push(token.letter);
        out.extend(token.related.into_iter().flat_map(u16::to_be_bytes));
        put_text(out, &token.text);
    }
}

/// Prepared texts have at most 64 bytes.
fn put_text(out: &mut Vec<u8>, text: &str) {
    let end = text.floor_char_boundary(usize::from(u8::MAX));
    out.push(end as u8);
    out.extend(&text.as_bytes()[..end]);
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    /// A day of a year that an `i16` holds.
    fn day(&mut self) -> Option<i32> {
        let day = self.array().map(i32::from_be_bytes)?;
        (-13_000_000..=13_000_000).contains(&day).then_some(day)
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.byte()?;
        std::str::from_utf8(self.take(length.into())?).ok()
    }

    fn value(&mut self) -> Option<PreparedValue> {
        Some(PreparedValue::folded(self.text()?.into()))
    }

    fn tokens(&mut self) -> Option<Vec<PreparedToken>> {
        let count = usize::from(self.byte()?);
        (count <= MOST_TOKENS).then_some(())?;
        (0..count).map(|_| self.token()).collect()
    }

    fn token(&mut self) -> Option<PreparedToken> {
        let flags = self.byte()?;
        let letter = self.byte()?;
        let related = match flags & 2 {
            0 => None,
            _ => Some(u16::from_be_bytes(self.array()?)),
        };
        let text = self.text()?;
        Some(PreparedToken {
            hash: fold::hash(text),
            text: text.into(),
            related,
            letter,
            initial: flags & 1 != 0,
            rarity: None,
        })
    }

    fn identifier(&mut self) -> Option<PreparedIdentifier> {
        Some(PreparedIdentifier {
            system: u64::from_be_bytes(self.array()?),
            verified: self.byte()? != 0,
            value: self.value()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::matching::tests::properties::person;

    proptest! {
        #[test]
        fn what_was_packed_is_what_was_prepared(person in person()) {
            let prepared = PreparedPerson::new(&person);
            prop_assert_eq!(unpack(&pack(&prepared)), Some(prepared));
        }

        #[test]
        fn bytes_that_were_cut_or_are_of_another_version_are_not_read(person in person(), cut: prop::sample::Index) {
            let mut bytes = pack(&PreparedPerson::new(&person));
            prop_assert_eq!(unpack(&bytes[..cut.index(bytes.len())]), None);
            bytes[0] += 1;
            prop_assert_eq!(unpack(&bytes), None);
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = unpack(&bytes);
        }
    }
}
