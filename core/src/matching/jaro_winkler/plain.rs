//! Jaro's matching as its definition reads, for strings too long for one machine word.

/// Common characters, and those of them that stand in another order.
pub(super) fn matches(left: &[u8], right: &[u8]) -> (usize, usize) {
    let reach = super::reach(left.len(), right.len());
    let mut taken = vec![false; left.len()];
    let mut matched = Vec::new();
    for (at, byte) in right.iter().enumerate() {
        let within = at.saturating_sub(reach)..(at + reach + 1).min(left.len());
        if let Some(hit) = within
            .into_iter()
            .find(|&place| !taken[place] && left[place] == *byte)
        {
            taken[hit] = true;
            matched.push(*byte);
        }
    }
    let in_left = left
        .iter()
        .zip(&taken)
        .filter(|(_, taken)| **taken)
        .map(|(byte, _)| byte);
    (
        matched.len(),
        in_left.zip(&matched).filter(|(one, other)| one != other).count(),
    )
}
