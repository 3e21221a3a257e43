//! Binary logarithms of whole numbers, in whole 1/1024 bits.
//!
//! `log2` of the C library differs in its last bits from platform to platform, and a decision must not. Squaring a
//! mantissa and reading off the carry gives the same digits everywhere (Knuth, TAOCP 1.2.2, exercise 25).

/// One bit in the unit of every weight and score.
pub const BIT: i32 = 1024;

const EXTRA: u32 = 6;

/// `log2(value)` in 1/1024 bits, rounded to nearest; 0 for a value of 0.
pub fn log2(value: u64) -> i32 {
    if value == 0 {
        return 0;
    }
    let exponent = 63 - value.leading_zeros();
    let mut mantissa = value << (63 - exponent);
    let mut digits = i64::from(exponent);
    for _ in 0..10 + EXTRA {
        let square = (u128::from(mantissa) * u128::from(mantissa)) >> 63;
        let carry = square >> 64 != 0;
        mantissa = if carry {
            (square >> 1) as u64
        } else {
            square as u64
        };
        digits = digits << 1 | i64::from(carry);
    }
    ((digits + (1 << (EXTRA - 1))) >> EXTRA) as i32
}

/// `log2(numerator / denominator)` in 1/1024 bits.
pub fn log2_ratio(numerator: u64, denominator: u64) -> i32 {
    log2(numerator) - log2(denominator)
}

/// `log2(m / u)` for two probabilities, as a weight. Both are cut to parts in 2⁴⁰ first, so the result depends only on
/// what survives the rounding.
pub fn weight(m: f64, u: f64) -> i32 {
    log2_ratio(parts(m), parts(u))
}

fn parts(probability: f64) -> u64 {
    (probability.clamp(0.0, 1.0) * (1u64 << 40) as f64) as u64 + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn powers_of_two_are_exact() {
        for exponent in 0..64 {
            assert_eq!(log2(1 << exponent), exponent * BIT);
        }
    }

    #[test]
    fn a_probability_against_itself_weighs_nothing() {
        assert_eq!(weight(0.3, 0.3), 0);
        assert_eq!(weight(0.5, 0.25), BIT);
    }

    proptest! {
        #[test]
        fn the_integer_logarithm_is_the_nearest(value in 1u64..) {
            let exact = (value as f64).log2() * 1024.0;
            prop_assert!((f64::from(log2(value)) - exact).abs() <= 0.52);
        }

        #[test]
        fn a_larger_number_never_has_a_smaller_logarithm(value in 1u64..u64::MAX) {
            prop_assert!(log2(value) <= log2(value + 1));
        }
    }
}
