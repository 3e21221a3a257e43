//! One slip of the pen: a character changed, left out, added, or exchanged with its neighbor.

/// Whether exactly one slip lies between two different strings.
pub(in crate::matching) fn one_apart(left: &[u8], right: &[u8]) -> bool {
    let (short, long) = if left.len() <= right.len() {
        (left, right)
    } else {
        (right, left)
    };
    let same = short
        .iter()
        .zip(long)
        .take_while(|(one, other)| one == other)
        .count();
    let (short, long) = (&short[same..], &long[same..]);
    match long.len() - short.len() {
        0 => match (short, long) {
            ([], []) => false,
            ([a, b, rest @ ..], [c, d, other @ ..]) if a == d && b == c && rest == other => true,
            _ => short[1..] == long[1..],
        },
        1 => *short == long[1..],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_slip_is_one() {
        for (left, right) in [
            ("1234", "1235"),
            ("1234", "1243"),
            ("1234", "124"),
            ("1234", "12934"),
            ("9123", "123"),
        ] {
            assert!(one_apart(left.as_bytes(), right.as_bytes()), "{left} {right}");
            assert!(one_apart(right.as_bytes(), left.as_bytes()), "{right} {left}");
        }
    }

    #[test]
    fn equal_strings_and_two_slips_are_not_one() {
        for (left, right) in [
            ("", ""),
            ("12", "12"),
            ("1234", "2143"),
            ("1234", "12"),
            ("1234", "1265"),
        ] {
            assert!(!one_apart(left.as_bytes(), right.as_bytes()), "{left} {right}");
        }
    }
}
