//! Jaro–Winkler similarity of two byte strings (Winkler 1990: prefix of at most four, scale 0.1, applied above 0.7).

/// Similarity in 0..=1; two empty strings are equal. Only + − × ÷ are used, in a fixed order.
pub fn jaro_winkler(left: &[u8], right: &[u8]) -> f64 {
    let jaro = jaro(left, right);
    if jaro <= 0.7 {
        return jaro;
    }
    let prefix = left
        .iter()
        .zip(right)
        .take(4)
        .take_while(|(one, other)| one == other)
        .count();
    jaro + prefix as f64 * 0.1 * (1.0 - jaro)
}

fn jaro(left: &[u8], right: &[u8]) -> f64 {
    if left.is_empty() && right.is_empty() {
        return 1.0;
    }
    let window = (left.len().max(right.len()) / 2).saturating_sub(1);
    let mut taken = vec![false; right.len()];
    let mut matched = Vec::new();
    for (at, byte) in left.iter().enumerate() {
        let reach = at.saturating_sub(window)..(at + window + 1).min(right.len());
        if let Some(hit) = reach
            .into_iter()
            .find(|&other| !taken[other] && right[other] == *byte)
        {
            taken[hit] = true;
            matched.push(*byte);
        }
    }
    if matched.is_empty() {
        return 0.0;
    }
    let in_right = right
        .iter()
        .zip(&taken)
        .filter(|(_, taken)| **taken)
        .map(|(byte, _)| byte);
    let transpositions = in_right.zip(&matched).filter(|(one, other)| one != other).count() / 2;
    let count = matched.len() as f64;
    (count / left.len() as f64 + count / right.len() as f64 + (count - transpositions as f64) / count) / 3.0
}
