//! Which of the eight masks a symbol gets: the one whose result a reader mistakes least (ISO/IEC 18004, 7.8.3).
//!
//! The four rules look at every module of eight candidates. Here a rule looks at a whole line of up to 64 modules in a
//! few operations: comparing a line with itself, moved, shows equal neighbors, and counting bits counts faults.

use super::bits::Line;
use super::template::{Plane, Template};

/// The symbol's rows with the mask that has the least penalty; the lowest number where several do.
pub(super) fn best<const N: usize>(template: &Template<N>, symbol: &Plane<N>) -> Vec<Line<N>> {
    let mut least = (u32::MAX, Vec::new());
    let mut rows = Vec::with_capacity(template.side);
    for mask in &template.masks {
        rows.clear();
        rows.extend(masked(&symbol.rows, &mask.rows));
        let penalty = penalty(template.side, &rows, masked(&symbol.columns, &mask.columns));
        if penalty < least.0 {
            let spare = std::mem::replace(&mut least, (penalty, std::mem::take(&mut rows)));
            rows = spare.1;
        }
    }
    least.1
}

fn masked<'a, const N: usize>(
    symbol: &'a [Line<N>],
    mask: &'a [Line<N>],
) -> impl Iterator<Item = Line<N>> + 'a {
    symbol.iter().zip(mask).map(|(&symbol, &mask)| symbol ^ mask)
}

fn penalty<const N: usize>(side: usize, rows: &[Line<N>], columns: impl Iterator<Item = Line<N>>) -> u32 {
    let pairs = Line::first(side - 1);
    let lines = rows.iter().copied().chain(columns);
    let in_lines: u32 = lines.map(|line| runs(line, pairs) + finder_alikes(line)).sum();
    let blocks: u32 = rows.windows(2).map(|rows| blocks(rows[0], rows[1], pairs)).sum();
    let dark: u32 = rows.iter().map(|row| row.count()).sum();
    in_lines + blocks + balance(dark as usize, side)
}

/// Equal neighbors: bit `i` where modules `i` and `i + 1` are the same.
#[inline]
fn equal<const N: usize>(line: Line<N>, pairs: Line<N>) -> Line<N> {
    !(line ^ line.down(1)) & pairs
}

/// Rule 1: a run of five or more equal modules costs its length less two.
#[inline]
fn runs<const N: usize>(line: Line<N>, pairs: Line<N>) -> u32 {
    let two = equal(line, pairs);
    let three = two & two.down(1);
    // A run of n modules has n − 4 places where five equal ones start.
    let five = three & three.down(2);
    five.count() + 2 * (five & !five.up(1)).count()
}

/// Rule 2: each block of two by two equal modules costs three.
#[inline]
fn blocks<const N: usize>(above: Line<N>, below: Line<N>, pairs: Line<N>) -> u32 {
    let same = !(above ^ below);
    3 * (equal(above, pairs) & same & same.down(1)).count()
}

/// Rule 3: dark and light as 1:1:3:1:1 with four light modules on a side costs forty.
#[inline]
fn finder_alikes<const N: usize>(line: Line<N>) -> u32 {
    let three = line & line.down(1) & line.down(2);
    let pattern = line & !line.down(1) & three.down(2) & !line.down(5) & line.down(6);
    // Outside of the symbol all is light.
    let two_before = line.up(1) | line.up(2);
    let two_after = line.down(7) | line.down(8);
    let before = two_before | two_before.up(2);
    let after = two_after | two_after.down(2);
    40 * (pattern & !(before & after)).count()
}

/// Rule 4: what the share of dark modules lacks to one half, in half percents.
fn balance(dark: usize, side: usize) -> u32 {
    (dark * 200 / (side * side)).abs_diff(100) as u32
}
