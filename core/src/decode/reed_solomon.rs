//! Reed–Solomon codes over GF(256) as QR codes have them: errors and erasures.
//!
//! The field is GF(2)\[x\] / x⁸+x⁴+x³+x²+1, the generator's roots are α⁰ … α^(2t−1) (ISO/IEC 18004, annex A). A word of
//! n codewords with 2t check words is corrected when 2 × errors + erasures ≤ 2t: syndromes, Forney's modified
//! syndromes, Berlekamp–Massey, Chien's search, Forney's formula.

/// Longest word of the field.
const MAX: usize = 255;

const TABLES: ([u8; 512], [u8; 256]) = tables();

const fn tables() -> ([u8; 512], [u8; 256]) {
    let (mut exp, mut log) = ([0; 512], [0; 256]);
    let (mut power, mut value) = (0, 1_u16);
    while power < 255 {
        exp[power] = value as u8;
        exp[power + 255] = value as u8;
        log[value as usize] = power as u8;
        value <<= 1;
        if value & 0x100 != 0 {
            value ^= 0x11d;
        }
        power += 1;
    }
    (exp, log)
}

fn exp(power: usize) -> u8 {
    TABLES.0[power % 255]
}

fn log(value: u8) -> usize {
    usize::from(TABLES.1[usize::from(value)])
}

fn mul(a: u8, b: u8) -> u8 {
    if a == 0 || b == 0 {
        0
    } else {
        TABLES.0[log(a) + log(b)]
    }
}

fn div(a: u8, b: u8) -> u8 {
    if a == 0 || b == 0 {
        0
    } else {
        TABLES.0[log(a) + 255 - log(b)]
    }
}

/// A polynomial at a point; coefficients from the constant up.
fn eval(polynomial: &[u8], x: u8) -> u8 {
    polynomial.iter().rev().fold(0, |sum, &c| mul(sum, x) ^ c)
}

/// The syndromes of a word whose first byte has the highest power: what it is off a word of the code, all zero for one.
pub fn syndromes(word: &[u8], checks: usize) -> Vec<u8> {
    let at = |root: u8| word.iter().fold(0, |sum, &byte| mul(sum, root) ^ byte);
    (0..checks).map(|power| at(exp(power))).collect()
}

/// Corrects a word in place and returns the number of errors found outside of the erasures; none when it is too
/// damaged. `erased` are places in the word that are known to be unreliable, each once.
pub fn correct(word: &mut [u8], checks: usize, erased: &[usize]) -> Option<usize> {
    if word.len() > MAX || checks > word.len() {
        return None;
    }
    correct_by(word, &syndromes(word, checks), erased)
}

/// The same of a word of at most 255 bytes whose syndromes are known: they are the same for every choice of erasures.
pub fn correct_by(word: &mut [u8], syndromes: &[u8], erased: &[usize]) -> Option<usize> {
    let checks = syndromes.len();
    if word.len() > MAX || checks > word.len() || erased.len() > checks {
        return None;
    }
    if syndromes.iter().all(|&s| s == 0) {
        return Some(0);
    }
    let power_of = |place: usize| word.len() - 1 - place;
    let mut locator = vec![1];
    for &place in erased {
        multiply_by_root(&mut locator, exp(power_of(place)));
    }
    let errors = berlekamp_massey(syndromes, &mut locator, erased.len())?;
    let roots: Vec<usize> = (0..word.len())
        .filter(|&place| eval(&locator, exp(255 - power_of(place) % 255)) == 0)
        .collect();
    if roots.len() != locator.len() - 1 {
        return None;
    }
    forney(word, syndromes, &locator, &roots);
    let clean = self::syndromes(word, checks).iter().all(|&s| s == 0);
    clean.then_some(errors)
}

/// Multiplies a locator by 1 − Xx.
fn multiply_by_root(locator: &mut Vec<u8>, root: u8) {
    locator.push(0);
    for at in (1..locator.len()).rev() {
        locator[at] ^= mul(locator[at - 1], root);
    }
}

/// Extends the locator of the erasures to one of all errors (Blahut, fig. 9.3); the number of errors found.
fn berlekamp_massey(syndromes: &[u8], locator: &mut Vec<u8>, erased: usize) -> Option<usize> {
    let mut previous = locator.clone();
    let mut length = erased;
    for step in erased..syndromes.len() {
        let terms = locator.iter().enumerate().take(step + 1);
        let gap = terms.fold(0, |sum, (at, &c)| sum ^ mul(c, syndromes[step - at]));
        previous.insert(0, 0);
        if gap == 0 {
            continue;
        }
        let mut next = locator.clone();
        next.resize(next.len().max(previous.len()), 0);
        for (into, &from) in next.iter_mut().zip(&previous) {
            *into ^= mul(gap, from);
        }
        if 2 * length <= step + erased {
            length = step + 1 + erased - length;
            previous = locator.iter().map(|&c| div(c, gap)).collect();
        }
        *locator = next;
    }
    while locator.last() == Some(&0) {
        locator.pop();
    }
    let errors = locator.len().checked_sub(1 + erased)?;
    (2 * errors + erased <= syndromes.len()).then_some(errors)
}

/// Forney's formula for the first root α⁰: the value at X is X · Ω(X⁻¹) / Λ′(X⁻¹).
fn forney(word: &mut [u8], syndromes: &[u8], locator: &[u8], places: &[usize]) {
    let omega: Vec<u8> = (0..syndromes.len())
        .map(|degree| {
            let terms = locator.iter().enumerate().take(degree + 1);
            terms.fold(0, |sum, (at, &c)| sum ^ mul(c, syndromes[degree - at]))
        })
        .collect();
    for &place in places {
        let power = word.len() - 1 - place;
        let (x, inverse) = (exp(power), exp(255 - power % 255));
        let odd = locator.iter().skip(1).step_by(2);
        let square = mul(inverse, inverse);
        let derivative = odd.rev().fold(0, |sum, &c| mul(sum, square) ^ c);
        word[place] ^= mul(x, div(eval(&omega, inverse), derivative));
    }
}

/// The check words of data.
#[cfg(test)]
pub(super) fn checks_of(data: &[u8], checks: usize) -> Vec<u8> {
    let mut generator = vec![1];
    for power in 0..checks {
        multiply_by_root(&mut generator, exp(power));
    }
    let mut rest = data.to_vec();
    rest.resize(data.len() + checks, 0);
    for at in 0..data.len() {
        let lead = rest[at];
        for (offset, &c) in generator.iter().enumerate() {
            rest[at + offset] ^= mul(lead, c);
        }
    }
    rest.split_off(data.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn as_many_errors_and_erasures_as_the_code_allows_are_corrected(
            data in proptest::collection::vec(any::<u8>(), 1..60),
            half in 1_usize..15,
            erased in 0_usize..30,
            places in Just((0..90_usize).collect::<Vec<_>>()).prop_shuffle(),
            noise in proptest::collection::vec(1_u8.., 90),
        ) {
            let checks = 2 * half;
            let word = [&data[..], &checks_of(&data, checks)].concat();
            let erased = erased.min(checks);
            let errors = (checks - erased) / 2;
            let places: Vec<_> = places.into_iter().filter(|&p| p < word.len()).collect();
            let hit = &places[..(erased + errors).min(places.len())];
            let mut damaged = word.clone();
            for &place in hit {
                damaged[place] ^= noise[place];
            }
            let erased = &hit[..erased.min(hit.len())];
            prop_assert!(correct(&mut damaged, checks, erased).is_some());
            prop_assert_eq!(damaged, word);
        }

        #[test]
        fn any_word_ends(mut word in proptest::collection::vec(any::<u8>(), 0..300), checks in 0_usize..70, erased in 0_usize..9) {
            let erased: Vec<_> = (0..erased.min(word.len())).collect();
            let before = word.clone();
            if correct(&mut word, checks, &erased).is_some() {
                prop_assert!(syndromes(&word, checks).iter().all(|&s| s == 0));
            } else if before.len() > MAX {
                prop_assert_eq!(word, before);
            }
        }
    }
}
