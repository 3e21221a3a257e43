//! All ways give the same bits, and the published examples come out.

use proptest::prelude::*;

use super::*;

fn by_definition(left: &[u8], right: &[u8]) -> f64 {
    if left.is_empty() && right.is_empty() {
        return 1.0;
    }
    let prefix = left
        .iter()
        .zip(right)
        .take(4)
        .take_while(|(one, other)| one == other)
        .count();
    let (common, transpositions) = plain::matches(left, right);
    winkler(jaro(left.len(), right.len(), common, transpositions), prefix)
}

#[test]
fn published_examples_come_out() {
    // Winkler (1990), table of example comparisons.
    for (left, right, expected) in [
        ("martha", "marhta", 0.9611),
        ("dwayne", "duane", 0.84),
        ("dixon", "dicksonx", 0.8133),
        ("abc", "xyz", 0.0),
    ] {
        let similarity = jaro_winkler(left.as_bytes(), right.as_bytes());
        assert!(
            (similarity - expected).abs() < 0.0001,
            "{left} {right} {similarity}"
        );
    }
    assert_eq!(jaro_winkler(b"", b""), 1.0);
    assert_eq!(jaro_winkler(b"a", b""), 0.0);
}

proptest! {
    #[test]
    fn bit_parallel_is_the_definition(left in "[a-d]{0,70}", right in "[a-d]{0,70}") {
        let (left, right) = (left.as_bytes(), right.as_bytes());
        prop_assert_eq!(jaro_winkler(left, right).to_bits(), by_definition(left, right).to_bits());
    }

    #[test]
    fn a_batch_is_the_definition(words in prop::collection::vec("[a-e]{1,20}", 1..60), query in "[a-e]{1,20}") {
        let batch = Batch::new(words.iter().map(|word| word.as_bytes()));
        let mut seen = vec![None; words.len()];
        batch.similarities(query.as_bytes(), |number, similarity| seen[number as usize] = Some(similarity));
        for (word, similarity) in words.iter().zip(seen) {
            let expected = by_definition(word.as_bytes(), query.as_bytes());
            prop_assert_eq!(similarity.map(f64::to_bits), Some(expected.to_bits()), "{} {}", word, query);
        }
    }

    #[test]
    fn similarity_is_in_range_and_one_only_for_equal(left in "[a-z]{1,12}", right in "[a-z]{1,12}") {
        let similarity = jaro_winkler(left.as_bytes(), right.as_bytes());
        prop_assert!((0.0..=1.0).contains(&similarity));
        prop_assert_eq!(similarity == 1.0, left == right);
    }

    #[test]
    fn sides_can_be_exchanged(left in "[a-c]{0,16}", right in "[a-c]{0,16}") {
        let (left, right) = (left.as_bytes(), right.as_bytes());
        prop_assert_eq!(jaro_winkler(left, right).to_bits(), jaro_winkler(right, left).to_bits());
    }
}
