//! Ascending numbers in few bits: each distance to the one before as a Golomb–Rice code (Rice 1979).
//!
//! For numbers drawn at random this comes within a tenth of a bit of the best there is: of `n` numbers of `b` bits each
//! costs about `b − lg n + 1.5`.

/// Appends bits, lowest first.
#[derive(Debug, Default)]
struct BitWriter {
    bytes: Vec<u8>,
    used: usize,
}

impl BitWriter {
    fn push(&mut self, bit: bool) {
        if self.used.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << (self.used % 8);
        }
        self.used += 1;
    }
}

/// The bits of each distance that are written as they stand, for `count` numbers below `2^bits`.
fn plain_bits(count: usize, bits: u8) -> u32 {
    u32::from(bits).saturating_sub(count.max(1).next_power_of_two().ilog2())
}

/// Codes strictly ascending numbers below `2^bits`; `bits` is at most 64.
pub fn encode(numbers: &[u64], bits: u8) -> Vec<u8> {
    let plain = plain_bits(numbers.len(), bits);
    let mut writer = BitWriter::default();
    let mut next = 0;
    for &number in numbers {
        let distance = number - next;
        let quotient = distance.checked_shr(plain).unwrap_or(0);
        (0..quotient).for_each(|_| writer.push(true));
        writer.push(false);
        (0..plain).for_each(|place| writer.push(distance >> place & 1 == 1));
        next = number.wrapping_add(1);
    }
    writer.bytes
}

/// Decodes `count` numbers below `2^bits`, using every byte; none for anything that [`encode`] would not write.
///
/// A number takes at least one bit, so what is allocated is bounded by the bytes.
pub fn decode(bytes: &[u8], count: usize, bits: u8) -> Option<Vec<u64>> {
    if bits > 64 || count > bytes.len().checked_mul(8)? {
        return None;
    }
    let plain = plain_bits(count, bits);
    let mut at = 0;
    let mut take = || {
        let bit = bytes.get(at / 8).map(|byte| byte >> (at % 8) & 1 == 1);
        at += 1;
        bit
    };
    let mut numbers = Vec::with_capacity(count);
    let mut next = Some(0_u64);
    for _ in 0..count {
        let mut quotient = 0_u64;
        while take()? {
            quotient += 1;
        }
        let mut rest = 0;
        for place in 0..plain {
            rest |= u64::from(take()?) << place;
        }
        let number = next?.checked_add(quotient.checked_mul(1_u64.checked_shl(plain).unwrap_or(0))?)?;
        let number = number.checked_add(rest)?;
        if bits < 64 && number >> bits != 0 {
            return None;
        }
        numbers.push(number);
        next = number.checked_add(1);
    }
    (encode(&numbers, bits) == bytes).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_read_back(numbers: BTreeSet<u64>, bits in 1_u8..=64) {
            let numbers: BTreeSet<u64> = numbers.iter().map(|number| number >> (64 - bits)).collect();
            let numbers: Vec<u64> = numbers.into_iter().collect();
            let bytes = encode(&numbers, bits);
            prop_assert_eq!(decode(&bytes, numbers.len(), bits), Some(numbers));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, count in 0_usize..2_000, bits: u8) {
            if let Some(numbers) = decode(&bytes, count, bits) {
                prop_assert!(numbers.is_sorted_by(|a, b| a < b));
            }
        }
    }

    #[test]
    fn random_numbers_cost_little_more_than_their_information() {
        let mix = |number: u64| {
            number
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                .rotate_left(31)
                .wrapping_mul(0xd6e8_feb8_6659_fd93)
        };
        let numbers: BTreeSet<u64> = (0..500).map(|number| mix(number) >> 16).collect();
        let numbers: Vec<u64> = numbers.into_iter().collect();
        let each = encode(&numbers, 48).len() as f64 * 8.0 / 500.0;
        assert!(each < 48.0 - 500_f64.log2() + 1.7, "{each}");
    }

    #[test]
    fn a_count_that_the_bytes_cannot_hold_is_refused_before_anything_is_allocated() {
        assert_eq!(decode(&[0; 4], usize::MAX, 8), None);
        assert_eq!(decode(&[0; 4], 33, 8), None);
    }
}
