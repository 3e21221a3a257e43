//! Frequencies as they are written down: `{"people": n, "counts": {"token": {"<hash>": n, …}, …}}`, in order, so that
//! the same counts are the same bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Counted, Frequencies, RAREST, bits};

/// What is written of [`Frequencies`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FrequencyTable {
    people: u64,
    counts: BTreeMap<Counted, BTreeMap<Hash, u32>>,
}

/// A 64-bit hash as 16 hexadecimal digits: JSON has no whole numbers beyond 53 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hash(u64);

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:016x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let whole = text.len() == 16 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        let number = whole.then(|| u64::from_str_radix(&text, 16).ok()).flatten();
        number
            .map(Self)
            .ok_or_else(|| de::Error::custom("a hash has 16 hexadecimal digits"))
    }
}

impl From<Frequencies> for FrequencyTable {
    fn from(frequencies: Frequencies) -> Self {
        let people = frequencies.people;
        // Below these two a count gives the same score as no count at all.
        let tells = |seen: u32| seen > 1 && bits::log2_ratio(people, u64::from(seen)) < RAREST;
        let counts = Counted::ALL
            .into_iter()
            .zip(frequencies.counts)
            .map(|(kind, counts)| {
                let told = counts.into_iter().filter(|&(_, seen)| tells(seen));
                (kind, told.map(|(hash, seen)| (Hash(hash), seen)).collect())
            });
        Self {
            people,
            counts: counts.collect(),
        }
    }
}

impl From<FrequencyTable> for Frequencies {
    fn from(mut table: FrequencyTable) -> Self {
        let counts = Counted::ALL.map(|kind| {
            let counts = table.counts.remove(&kind).unwrap_or_default();
            counts.into_iter().map(|(hash, seen)| (hash.0, seen)).collect()
        });
        Self {
            people: table.people,
            counts,
        }
    }
}
